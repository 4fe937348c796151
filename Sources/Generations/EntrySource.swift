package import ChatFormats

/// Where the entries of an answer come from.
///
/// It adds them through its answer's `take`, and says there when it has ended.
package protocol EntrySource: AnyObject {
    /// Begins; nothing is asked before this.
    func start()
    /// Stops reading, because the readers are far behind.
    ///
    /// - Returns: whether it was reading until now.
    func pause() -> Bool
    /// Goes on reading, if it was paused.
    func resume()
    /// Adds what it still holds back: the answer ends before the source does.
    func letGo()
    /// Adds nothing from now on, because nobody wants the answer.
    func cancel()
    /// About how much memory it holds beside the entries, in bytes.
    var heldBytes: Int { get }
    /// How many attempts failed and were repeated.
    var retryCount: Int { get }
    /// What the answer has cost so far, counted or estimated; nil where nothing is known of it.
    var usage: Usage? { get }
    /// How often somebody was asked, which counts against limits.
    var askedCount: Int { get }
    /// About how many tokens were asked of somebody who may have taken them, and has not answered.
    var askedTokens: Int { get }
    /// How many of the upstream's events were passed over, because they are no part of an answer.
    var passedOverCount: Int { get }
}

extension EntrySource {
    /// Holds nothing back.
    package func letGo() {}

    /// Next to nothing.
    package var heldBytes: Int { 0 }

    /// Somebody was, once.
    package var askedCount: Int { 1 }

    /// Nothing is known of it.
    package var askedTokens: Int { 0 }
}
