/// Reads the relay's log, and takes it into a world's story.
///
/// `@unchecked Sendable`, since a world runs on one thread.
final class StoryLines: @unchecked Sendable {
    private let story: Story
    private let household: SharedKnowledge

    /// Takes lines for a story, and tells others what they admit.
    init(_ story: Story, _ household: SharedKnowledge) {
        self.story = story
        self.household = household
    }

    /// Adds whole lines.
    func write(_ lines: UnsafeBufferPointer<UInt8>) {
        let text = String(decoding: lines.dropLast(), as: UTF8.self)
        story.tell("log \(text)")
        guard let start = text.firstRange(of: " id=")?.upperBound else { return }
        let words = text[start...].split(separator: " ", maxSplits: 1)
        if words.count == 2, words[1].hasPrefix("the record has to wait") {
            household.recordWaits(String(words[0]))
        }
    }
}
