package import ChatFormats
import Wire

/// What is between the decoder of one attempt and the log of its answer: the filters, and the lines
/// of the log that show what passes.
///
/// There is one only where there is something to do. It belongs to one loop.
package final class EntryFilter {
    /// The texts of an answer whose tokens are text.
    private struct Lane {
        let kind: EntryKind
        var texts: [FilteredText]
    }

    /// Whose text came last, and may wait.
    private enum Current: Equatable {
        case none
        case lane(Int)
        /// Each call has its own text, which goes on after a piece of another call.
        case calls
    }

    /// So many tool calls are remembered; earlier ones begin anew if more of them comes.
    private static let maxCalls = 64

    /// Whether anything of the answer has come, though maybe nothing has passed yet.
    private(set) var hasAnswer = false
    private var chain: FilterChain
    private var lanes: [Lane] = []
    private var calls: [ToolCallText] = []
    private var current = Current.none
    private var memberTexts: MemberTexts
    /// Whether reasoning has come out other than it was, so that its vendor refuses it.
    private var hasChangedReasoning = false
    private var hasLeftOut = false
    private var hasNotedBlock = false
    /// Whether a block ends the answer as `filtered`, and does not only come to light at its end.
    private var appendsAfterBlock = true
    /// What was decoded last.
    private var decoded = EntryLog()
    /// How many entries of it have gone through.
    private var doneCount = 0
    /// Whether there are filters, or what passes is only shown.
    private let filters: Bool
    private let showsContent: Bool
    private let report: (Report) -> Void

    /// Makes what the answer of one attempt goes through; nil where that is nothing.
    static func make(for generation: Generation?, _ context: LoopContext) -> EntryFilter? {
        let configuration = context.configuration
        let list = configuration.filters
        guard list?.changesAnswers == true || configuration.logsContent else { return nil }
        let report = context.report
        let id = generation?.id ?? ""
        return EntryFilter(list, showsContent: configuration.logsContent) {
            report(.filter(id: id, $0))
        }
    }

    /// Makes the filter of one attempt.
    ///
    /// - Parameters:
    ///   - list: the filters; nil for none.
    ///   - showsContent: whether what passes is reported.
    ///   - report: takes what is worth a line of the log.
    init(_ list: FilterList?, showsContent: Bool = false, report: @escaping (Report) -> Void) {
        let chain = FilterChain(list)
        self.chain = chain
        memberTexts = MemberTexts(chain)
        filters = list?.changesAnswers == true
        self.showsContent = showsContent
        self.report = report
        for kind in [EntryKind.text, .reasoning, .refusal] {
            lanes.append(Lane(kind: kind, texts: chain.makeTexts()))
        }
    }

    /// Whether a filter has ended the answer: nothing passes from then on.
    var isBlocked: Bool { chain.state != .open }

    /// Decodes the next bytes of the stream, and adds to the log what passes.
    ///
    /// - Throws: what the decoder throws, unless a filter has ended the answer before that; what it
    ///   decoded goes through.
    func decode(
        _ bytes: Span<UInt8>,
        with decoder: inout StreamDecoder,
        into log: inout EntryLog
    ) throws(StreamError) {
        do throws(StreamError) {
            try decoder.decode(bytes, into: &decoded)
        } catch {
            pass(into: &log)
            guard isBlocked else { throw error }
        }
        pass(into: &log)
    }

    /// Takes entries that are decoded already, and adds what passes.
    ///
    /// - Throws: what `decode` throws, unless a filter has ended the answer before that; what it
    ///   added goes through.
    func take<Failure: Error>(
        into log: inout EntryLog,
        _ decode: (inout EntryLog) throws(Failure) -> Void
    ) throws(Failure) {
        do throws(Failure) {
            try decode(&decoded)
        } catch {
            pass(into: &log)
            guard isBlocked else { throw error }
        }
        pass(into: &log)
    }

    /// Adds what waits, since the answer ends; returns whether a filter ends it.
    func end(_ ending: Ending?, of generation: Generation) -> Bool {
        generation.take { end(ending, into: &$0) }
        return isBlocked
    }

    /// Adds what waits, since the answer ends.
    ///
    /// - Parameters:
    ///   - ending: how, where the model ended it; text is appended only then.
    ///   - log: the answer's.
    func end(_ ending: Ending?, into log: inout EntryLog) {
        guard !isBlocked else { return }
        appendsAfterBlock = ending != nil
        if current != .lane(0) { letGo(isEnd: true, into: &log) }
        guard !isBlocked else { return }
        chain.end(&lanes[0].texts, after: ending)
        add(.text, into: &log)
    }

    private func pass(into log: inout EntryLog) {
        guard decoded.count > doneCount else { return }
        hasAnswer = true
        passAll(into: &log)
        doneCount = decoded.count
        // Emptying it costs more than a token.
        guard decoded.heldBytes > Self.maxDoneBytes else { return }
        decoded.removeAll()
        doneCount = 0
    }

    /// How much of what has gone through may stay.
    private static let maxDoneBytes = 1024

    private func passAll(into log: inout EntryLog) {
        let bytes = decoded.bytes
        for n in doneCount..<decoded.count {
            guard !isBlocked else { return }
            pass(decoded.kind(n), bytes.span.extracting(decoded.range(n)), into: &log)
        }
    }

    private func pass(_ kind: EntryKind, _ payload: Span<UInt8>, into log: inout EntryLog) {
        guard filters else { return append(kind, payload, to: &log) }
        switch kind {
        case .text: pass(payload, lane: 0, into: &log)
        case .reasoning: pass(payload, lane: 1, into: &log)
        case .refusal: pass(payload, lane: 2, into: &log)
        case .toolCall: passCall(payload, into: &log)
        case .members: passMembers(payload, into: &log)
        case .start, .usage, .finish, .failure, .restart: append(kind, payload, to: &log)
        }
    }

    private func pass(_ payload: Span<UInt8>, lane: Int, into log: inout EntryLog) {
        if current != .lane(lane) {
            letGo(isEnd: false, into: &log)
            guard !isBlocked else { return }
            current = .lane(lane)
        }
        if chain.passes(payload, of: &lanes[lane].texts) {
            append(lanes[lane].kind, payload, to: &log)
        } else {
            add(lanes[lane].kind, into: &log)
        }
    }

    /// Adds what came out of the filters.
    private func add(_ kind: EntryKind, into log: inout EntryLog) {
        let output = chain.output
        if !output.isEmpty { append(kind, output.span, to: &log) }
        if isBlocked { noteBlock(into: &log) }
    }

    /// Adds what waits of what came last: something else comes, and the order stays.
    private func letGo(isEnd: Bool, into log: inout EntryLog) {
        switch current {
        case .none: return
        case .lane(let lane):
            chain.end(&lanes[lane].texts)
            add(lanes[lane].kind, into: &log)
        case .calls:
            for index in calls.indices { letGo(call: index, isEnd: isEnd, into: &log) }
            if isBlocked { noteBlock(into: &log) }
        }
        current = .none
    }

    /// Adds what waits of a call.
    private func letGo(call index: Int, isEnd: Bool, into log: inout EntryLog) {
        if let piece = calls[index].letGo(isEnd: isEnd, &chain) { add(piece, into: &log) }
    }

    @inline(never)
    private func passCall(_ payload: Span<UInt8>, into log: inout EntryLog) {
        guard let piece = try? JSON.parse(payload) else {
            return append(.toolCall, payload, to: &log)
        }
        if current != .calls {
            letGo(isEnd: false, into: &log)
            guard !isBlocked else { return }
            current = .calls
        }
        let number = piece["index"]?.intValue ?? 0
        let known = calls.firstIndex { $0.index == number }
        let index = known ?? begin(call: number, into: &log)
        guard !isBlocked else { return noteBlock(into: &log) }
        if let passed = calls[index].take(piece, &chain) {
            if passed == piece {
                append(.toolCall, payload, to: &log)
            } else {
                add(passed, into: &log)
            }
        }
        if isBlocked { noteBlock(into: &log) }
    }

    /// Begins a call; returns its index in `calls`.
    private func begin(call number: Int, into log: inout EntryLog) -> Int {
        // JSON says where it ends, and plain input does not.
        for index in calls.indices where calls[index].isPlain {
            letGo(call: index, isEnd: false, into: &log)
        }
        if calls.count == Self.maxCalls {
            letGo(call: 0, isEnd: true, into: &log)
            calls.removeFirst()
        }
        calls.append(ToolCallText(index: number))
        return calls.count - 1
    }

    private func add(_ piece: JSON, into log: inout EntryLog) {
        var bytes: [UInt8] = []
        piece.write(into: &bytes)
        append(.toolCall, bytes.span, to: &log)
    }

    @inline(never)
    private func passMembers(_ payload: Span<UInt8>, into log: inout EntryLog) {
        // Two members of one name could hide a text from this reader that another one sees.
        guard let members = try? JSON.parse(payload) else { return noteLeftOut() }
        if MemberTexts.hasSignature(members) {
            endReasoning(into: &log)
            guard !isBlocked else { return }
        }
        let (kept, isLeftOut) = memberTexts.take(
            members,
            isSigned: !hasChangedReasoning,
            &chain
        )
        guard !isBlocked else { return noteBlock(into: &log) }
        if isLeftOut { noteLeftOut() }
        guard let kept else { return }
        if kept == members { return append(.members, payload, to: &log) }
        var bytes: [UInt8] = []
        kept.write(into: &bytes)
        append(.members, bytes.span, to: &log)
    }

    private func noteLeftOut() {
        guard !hasLeftOut else { return }
        hasLeftOut = true
        report(.leftOut)
    }

    /// Ends the reasoning that a signature covers, which comes after all of it.
    private func endReasoning(into log: inout EntryLog) {
        if current == .lane(1) { letGo(isEnd: false, into: &log) }
        // Clients join all reasoning, so that no later signature holds either.
        hasChangedReasoning = hasChangedReasoning || lanes[1].texts.contains(where: \.isChanged)
        for index in lanes[1].texts.indices { lanes[1].texts[index].reset() }
    }

    private func append(_ kind: EntryKind, _ payload: Span<UInt8>, to log: inout EntryLog) {
        log.append(kind, payload)
        if showsContent { show(kind, payload) }
    }

    @inline(never)
    private func show(_ kind: EntryKind, _ payload: Span<UInt8>) {
        report(.content(kind, ShownText(payload)))
    }

    /// Reports what has ended the answer, and adds what comes before that end.
    @inline(never)
    private func noteBlock(into log: inout EntryLog) {
        guard !hasNotedBlock else { return }
        hasNotedBlock = true
        switch chain.state {
        case .open: break
        case .blocked(let name): report(.blocked(by: name))
        case .undecided(let name): report(.undecided(by: name))
        }
        // What waits in other texts came before the match.
        letGo(isEnd: true, into: &log)
        guard appendsAfterBlock else { return }
        chain.appendAfterBlock()
        add(.text, into: &log)
    }
}

extension EntryFilter {
    /// OpenAI's word for the end of an answer that a filter has ended.
    static let finishReason = "content_filter"

    /// What is worth a line of the log.
    package enum Report: Sendable, Equatable {
        /// A filter of this name has ended the answer.
        case blocked(by: String)
        /// A filter of this name could not decide, and so has ended the answer.
        case undecided(by: String)
        /// Members that quote the text were left out.
        case leftOut
        /// What has passed.
        case content(EntryKind, ShownText)
    }
}
