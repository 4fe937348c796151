import Relay

/// Takes the relay's log into a world's story.
///
/// `@unchecked Sendable`, since a world runs on one thread.
final class StoryLines: @unchecked Sendable {
    private let story: Story

    /// Takes lines for a story.
    init(_ story: Story) { self.story = story }

    /// Adds whole lines.
    func write(_ lines: UnsafeBufferPointer<UInt8>) {
        story.tell("log \(String(decoding: lines.dropLast(), as: UTF8.self))")
    }
}
