import ChatFormats
import Storage
import Wire

/// The parts of a generation's line in the history file: what is known when it begins, which also
/// goes to the journal, and what is known at its end.
///
/// The beginning says what was asked, the tail what came: a request for one model may be answered
/// by another. Lines of earlier versions have `upstream` and `model` in their beginnings, so
/// members are read by their names alone.
package enum GenerationRecord {
    /// The upstream and the model that are asked for an answer.
    package struct Source: Equatable, Sendable {
        /// The upstream's name.
        package var upstream: String
        package var model: String

        /// Names an upstream and a model.
        package init(upstream: String, model: String) {
            self.upstream = upstream
            self.model = model
        }

        /// Names a candidate.
        package init(_ candidate: ModelTable.Candidate) {
            self.init(upstream: candidate.upstream.configuration.name, model: candidate.model)
        }
    }

    /// How an answer went in time.
    struct Timing {
        /// Milliseconds since 1970.
        var startedAt: Int
        /// From the start to the first token, once there was one.
        var firstTokenMilliseconds: Int?
        /// From the start to the end.
        var totalMilliseconds: Int
        /// How many attempts failed and were repeated; nil where that is no longer known.
        var retries: Int?
    }

    /// A whole record, without the line's end.
    ///
    /// - Parameters:
    ///   - head: what `appendHead` appended.
    ///   - source: who answered; nil where an earlier version's beginning says it.
    ///   - log: the whole answer.
    ///   - timing: how it went.
    /// - Returns: the line.
    static func make(
        _ head: [UInt8],
        _ source: Source?,
        _ log: borrowing EntryLog,
        _ timing: Timing
    ) -> [UInt8] {
        var record: [UInt8] = []
        record.reserveCapacity(head.count + 1024 + 2 * log.bytes.count)
        record += head
        appendWhen(log, nil, source, timing, into: &record)
        log.appendAnswer(into: &record)
        appendHow(log, tokens: log.textEntryCount, timing, into: &record)
        return record
    }

    /// A whole record like the other, of an answer that is not in memory; only one part of its
    /// texts is there at a time.
    ///
    /// - Parameters:
    ///   - head: what `appendHead` appended.
    ///   - source: who answered.
    ///   - tokens: how many text entries there have been.
    ///   - timing: how it went.
    ///   - forEachPart: shows the whole log in parts, in order; called once for all texts together,
    ///     and once for each kind of text.
    /// - Returns: the line.
    /// - Throws: what keeps the log from being read.
    static func make(
        _ head: [UInt8],
        _ source: Source?,
        tokens: Int,
        _ timing: Timing,
        forEachPart: ((borrowing EntryLog) -> Void) throws(StorageError) -> Void
    ) throws(StorageError) -> [UInt8] {
        var others = AnswerOutline()
        try forEachPart { others.add($0) }
        var record: [UInt8] = []
        record.reserveCapacity(head.count + others.roomBytes)
        record += head
        appendWhen(others.log, others.reasoningEnds, source, timing, into: &record)
        let start = others.answerStart
        for member in RecordedText.all
        where member.isAlways || others.has(member.kind) {
            try member.append(into: &record) { out throws(StorageError) in
                guard others.has(member.kind) else { return }
                try forEachPart { $0.appendEscaped(member.kind, from: start, into: &out) }
            }
        }
        others.log.appendEnding(into: &record)
        appendHow(others.log, tokens: tokens, timing, into: &record)
        return record
    }

    /// Appends the record's beginning, up to what was asked.
    ///
    /// - Parameters:
    ///   - id: the generation's.
    ///   - request: what is asked.
    ///   - owner: who asks; nil where callers are not told apart.
    ///   - key: the key under which the client asked, if any.
    ///   - startedAt: in milliseconds since 1970.
    ///   - deletableFrom: that of its `RecordStart`.
    ///   - out: the bytes that are appended to.
    static func appendHead(
        id: String,
        _ request: ChatRequest,
        owner: String?,
        key: RequestKey?,
        startedAt: Int,
        deletableFrom: Int? = nil,
        into out: inout [UInt8]
    ) {
        out.append(literal: "{\"id\":")
        JSONText.appendString(id, into: &out)
        append("conversation", request.conversation, into: &out)
        append("user", request.user, into: &out)
        append("owner", owner, into: &out)
        if let deletableFrom { append("deletable_from", time: deletableFrom, into: &out) }
        append("started_at", time: startedAt, into: &out)
        append("requested_model", request.model, into: &out)
        // No answer is known to follow another yet.
        out.append(literal: ",\"after\":null")
        append("key", key?.text, into: &out)
        out.append(literal: ",\"fingerprint\":")
        if let fingerprint = key?.fingerprint {
            out.append(literal: "\"")
            fingerprint.append(to: &out)
            out.append(literal: "\"")
        } else {
            out.append(literal: "null")
        }
        out.append(literal: ",\"messages\":")
        MessageWriter.append(request, into: &out)
    }

    /// Appends what comes before the answer itself.
    private static func appendWhen(
        _ log: borrowing EntryLog,
        _ reasoningEnds: [Int]?,
        _ source: Source?,
        _ timing: Timing,
        into out: inout [UInt8]
    ) {
        // This comes before `ended_at`, which is searched from the end: what an upstream sent may
        // have a member of that name, too.
        log.appendMembers(reasoningEnds, into: &out)
        append("ended_at", time: timing.startedAt + timing.totalMilliseconds, into: &out)
        if let source {
            append("upstream", source.upstream, into: &out)
            append("model", log.answeringModel ?? source.model, into: &out)
        }
    }

    /// Appends what comes after the answer itself.
    private static func appendHow(
        _ log: borrowing EntryLog,
        tokens: Int,
        _ timing: Timing,
        into out: inout [UInt8]
    ) {
        out.append(literal: ",\"timing\":{\"ttft_ms\":")
        append(timing.firstTokenMilliseconds, into: &out)
        out.append(literal: ",\"total_ms\":")
        out.append(decimal: timing.totalMilliseconds)
        out.append(literal: ",\"tokens\":")
        out.append(decimal: tokens)
        out.append(literal: ",\"retries\":")
        append(timing.retries, into: &out)
        out.append(literal: "},\"error\":")
        log.appendError(into: &out)
        out.append(literal: "}")
    }

    private static func append(_ name: StaticString, _ value: String?, into out: inout [UInt8]) {
        out.append(literal: ",\"")
        out.append(literal: name)
        out.append(literal: "\":")
        JSONText.appendStringOrNull(value, into: &out)
    }

    /// Appends a member with a time, in milliseconds since 1970.
    private static func append(_ name: StaticString, time: Int, into out: inout [UInt8]) {
        out.append(literal: ",\"")
        out.append(literal: name)
        out.append(literal: "\":\"")
        Timestamp.append(milliseconds: time, into: &out)
        out.append(literal: "\"")
    }

    private static func append(_ number: Int?, into out: inout [UInt8]) {
        if let number { out.append(decimal: number) } else { out.append(literal: "null") }
    }
}
