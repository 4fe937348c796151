/// What the process ends with, in the terms of sysexits.h where it has one.
enum ExitCode {
    static let success: Int32 = 0
    static let failure: Int32 = 1
    static let usage: Int32 = 64
    /// systemd does not start a service again that ends so (`RestartPreventExitStatus=78`).
    static let configuration: Int32 = 78
}
