/// Where the entries of an answer come from.
///
/// It adds them through its answer's `take`, and says there when it has ended.
package protocol EntrySource: AnyObject {
    /// Nothing is asked before this.
    func start()
    /// Stops reading: the readers are far behind.
    ///
    /// - Returns: whether it was read until now and is not any more.
    func pause() -> Bool
    /// Goes on reading, if it was paused.
    func resume()
    /// Adds nothing any more; nobody wants the answer.
    func cancel()
    /// How many attempts failed and were made again.
    var retryCount: Int { get }
}
