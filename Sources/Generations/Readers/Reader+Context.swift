import ChatFormats
import HTTPServer

/// What frames say beside their entries, as long as it is known who answers.
extension Reader {
    static func context(
        _ live: LiveLog,
        _ exchange: Exchange,
        _ dialect: Dialect
    )
        -> FrameContext
    {
        let comesBack = comesBack(exchange.request.head, dialect)
        return FrameContext(
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
