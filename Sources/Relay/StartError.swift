package import Loop

/// Why the relay cannot serve.
package enum StartError: Error, CustomStringConvertible {
    /// The folder of the page cannot be opened.
    case staticFolder(String, SystemCallError)
    /// The listening socket cannot be watched.
    case listener(SystemCallError)
    /// libcurl cannot be set up.
    case outOfMemory

    /// One line for the log.
    package var description: String {
        switch self {
        case .staticFolder(let path, let error): "\(path): \(error)"
        case .listener(let error): "the listening socket: \(error)"
        case .outOfMemory: "libcurl is out of memory"
        }
    }
}
