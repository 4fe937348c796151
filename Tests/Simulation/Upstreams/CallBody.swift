import ChatFormats

/// The content of a whole answer, and where in it what happens.
struct CallBody {
    /// An event that adds an entry.
    struct Entry {
        /// The first byte after it: with that the relay has it.
        let end: Int
        /// The text that it adds; empty for a thought.
        let text: String
    }

    /// All of it.
    private(set) var bytes: [UInt8] = []
    /// The events that add entries.
    private(set) var entries: [Entry] = []
    /// Where events end, up to the last word.
    private(set) var ends: [Int] = [0]
    /// Where the reason for the end is over: the answer is whole from there on.
    private(set) var finishEnd = 0
    /// How the answer ends.
    let ending: Ending

    /// Writes an answer.
    ///
    /// - Parameters:
    ///   - provider: the protocol.
    ///   - model: the model's name, which is the one that was asked.
    ///   - thoughts: what comes before the answer.
    ///   - words: the answer.
    ///   - ending: `complete` or `length`.
    ///   - isCounted: whether the tokens are counted.
    init(
        _ provider: Provider,
        model: String,
        thoughts: [String],
        words: [String],
        _ ending: Ending,
        isCounted: Bool
    ) {
        self.ending = ending
        bytes.reserveCapacity((thoughts.count + words.count + 4) * 192)
        switch provider {
        case .openAI: writeOpenAI(model, thoughts, words, isCounted)
        case .anthropic: writeAnthropic(model, thoughts, words, isCounted)
        }
    }

    /// The text of the entries that have come with so many bytes.
    func text(upTo end: Int) -> String {
        entries.lazy.filter { $0.end <= end }.map(\.text).joined()
    }

    /// How many bytes the relay may have without an entry, and without a reason for the end.
    var silentBytes: Int { (entries.first?.end ?? finishEnd) - 1 }

    /// The end of the event that has these bytes, as far as it is to be sent.
    func eventEnd(from start: Int, upTo end: Int) -> Int {
        var index = start
        while index < end {
            if bytes[index - 1] == UInt8(ascii: "\n"), bytes[index] == UInt8(ascii: "\n") {
                return index + 1
            }
            index += 1
        }
        return end
    }

    private mutating func writeOpenAI(
        _ model: String,
        _ thoughts: [String],
        _ words: [String],
        _ isCounted: Bool
    ) {
        let model = PlayedOpenAI(model)
        model.appendOpening(into: &bytes)
        ends.append(bytes.count)
        for word in thoughts {
            model.appendWord(word, isThought: true, into: &bytes)
            add("")
        }
        for word in words {
            model.appendWord(word, isThought: false, into: &bytes)
            add(word)
        }
        model.appendFinish(ending, into: &bytes)
        finishEnd = bytes.count
        if isCounted { model.appendUsage(words.count, into: &bytes) }
        PlayedOpenAI.appendMark(into: &bytes)
    }

    private mutating func writeAnthropic(
        _ model: String,
        _ thoughts: [String],
        _ words: [String],
        _ isCounted: Bool
    ) {
        PlayedAnthropic.appendOpening(model, into: &bytes)
        ends.append(bytes.count)
        writeBlock(0, thoughts, isThought: true)
        writeBlock(thoughts.isEmpty ? 0 : 1, words, isThought: false)
        let tokens = isCounted ? words.count : nil
        PlayedAnthropic.appendFinish(ending, tokens: tokens, into: &bytes)
        finishEnd = bytes.count
        PlayedAnthropic.appendMark(into: &bytes)
    }

    private mutating func writeBlock(_ index: Int, _ words: [String], isThought: Bool) {
        guard !words.isEmpty else { return }
        PlayedAnthropic.appendBlock(index, isThought: isThought, into: &bytes)
        for word in words {
            PlayedAnthropic.appendWord(word, index, isThought: isThought, into: &bytes)
            add(isThought ? "" : word)
        }
        PlayedAnthropic.appendBlockEnd(index, into: &bytes)
    }

    private mutating func add(_ text: String) {
        entries.append(Entry(end: bytes.count, text: text))
        ends.append(bytes.count)
    }
}
