import ChatFormats

/// What frames say beside their entries, as long as it is known who answers.
extension Reader {
    /// What frames say from now on.
    ///
    /// - Parameters:
    ///   - live: the answer's log.
    ///   - comesBack: whether the client may come back with an event's id. It is asked once: the
    ///     request's fields are forgotten when the reader starts.
    /// - Returns: the context.
    static func context(_ live: LiveLog, comesBack: Bool) -> FrameContext {
        FrameContext(
            generation: live.head.id,
            model: live.head.model,
            created: live.head.created,
            wantsUsage: live.head.includesUsage,
            usesFunctions: live.head.usesFunctions,
            retryMilliseconds: comesBack ? retryMilliseconds : nil,
            hasIDs: comesBack,
            repeatsContent: !live.head.namesModel
        )
    }
}
