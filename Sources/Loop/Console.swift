import Glibc

/// Messages for the person or process that started the command.
package enum Console {
    /// Writes lines to the standard output.
    package static func out(_ text: String) { write(text, to: STDOUT_FILENO) }
    /// Writes lines to the standard error.
    package static func error(_ text: String) { write(text, to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
        var offset = 0
        while offset < bytes.count {
            let (count, _) = uninterrupted {
                bytes[offset...].withUnsafeBytes {
                    Glibc.write(descriptor, $0.baseAddress, $0.count)
                }
            }
            // The reader is gone: there is no way to report that.
            guard count > 0 else { return }
            offset += count
        }
    }
}
