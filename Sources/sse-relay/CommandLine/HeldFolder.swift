import Glibc
import Loop

/// A data folder as a command finds it: whose it is, and whether a relay has it.
struct HeldFolder {
    let path: String

    init(_ path: String) { self.path = path }

    /// The relay that has it; nil where none answers.
    func relay() throws(HistoryCommandError) -> ControlConnection? {
        do throws(SystemCallError) {
            return try ControlConnection.reach(ControlAddress(folder: path))
        } catch {
            throw .control(folder: path, "\(error)")
        }
    }

    /// Files that another user makes here would be none of the relay's.
    func checkOwner() throws(HistoryCommandError) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_uid != geteuid() else { return }
        throw .foreignFolder(path, user: status.st_uid)
    }
}
