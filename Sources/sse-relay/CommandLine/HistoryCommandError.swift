import Relay
import Storage

/// What keeps `sse-relay history` from doing what it was asked for.
enum HistoryCommandError: Error, CustomStringConvertible {
    case unknownConversation(String, folder: String)
    /// Several callers use the word; their names, and an empty one for nobody.
    case severalOwners(String, [String])
    /// The files changed their names as often as they were read.
    case moved(folder: String)
    case storage(StorageError)
    /// What keeps a file of the history from being used.
    case held(folder: String)
    /// The folder belongs to another user: new files would be none of the relay's.
    case foreignFolder(String, user: UInt32)
    /// A relay runs, and has to be stopped first.
    case relayRuns(folder: String)
    /// What the relay that runs says.
    case refused(String)
    case outputExists(String)
    case output(String, String)
    case control(folder: String, String)

    init(_ error: HistoryQueryError, folder: String) {
        switch error {
        case .storage(let error): self = .storage(error)
        case .moved, .unknownBefore: self = .moved(folder: folder)
        }
    }

    var description: String {
        switch self {
        case .unknownConversation(let id, let folder):
            "there is no conversation \(ConversationText.visible(id)) in \(folder)"
        case .severalOwners(let id, let owners):
            """
            several owners have a conversation \(ConversationText.visible(id)); name one of them: \
            \(owners.map { "--owner '\(ConversationText.visible($0))'" }.joined(separator: ", "))
            """
        case .moved(let folder):
            "the relay wrote its files in \(folder) anew while they were read: try again"
        case .storage(let error): "\(error)"
        case .held(let folder):
            """
            a process holds the history in \(folder), and does not answer at its socket \
            \(ControlAddress.name): wait until it has started or ended
            """
        case .foreignFolder(let folder, let user):
            """
            \(folder) belongs to the user with the id \(user), whose relay could not use what this \
            one writes: run the command as that user, or while the relay runs
            """
        case .relayRuns(let folder):
            "a relay uses \(folder): stop it first; history verify may run beside it"
        case .refused(let words): "the relay that runs refuses: \(words)"
        case .outputExists(let path): "\(path) is there already: name another file"
        case .output(let path, let words): "\(path): \(words)"
        case .control(let folder, let words):
            "the relay in \(folder) cannot be asked at its socket \(ControlAddress.name): \(words)"
        }
    }
}
