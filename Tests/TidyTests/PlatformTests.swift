import Testing

/// A simulation replaces the machine only as far as nothing reaches past the platform.
@Suite struct PlatformTests {
    /// The file that is the disk of the machine itself.
    private static let disk = "Sources/Storage/Files/SystemDisk.swift"
    /// The system's calls, each as code writes it.
    private static let calls = [
        "Glibc.", "stat(", "lstat(", "fstat(", "access(", "opendir(", "realpath(", "unlink(",
        "mkdir(", "flock(", "fsync(", "fcntl(", "pread(", "pwrite(", "ftruncate(", "usleep(",
        "time(nil)", "clock_gettime(", "monotonicNow(", "wallMilliseconds(", "getentropy(",
        ".random(", "Task.sleep", "Task {", "DispatchQueue", "DispatchSemaphore",
    ]

    @Test func `storage reaches its machine through the platform alone`() throws {
        var isDiskFound = false
        for file in try Tree.files(under: "Sources/Storage", suffix: ".swift") {
            let code = try Tree.lines(file).filter { !$0.drop { $0 == " " }.hasPrefix("//") }
            guard file != Self.disk else {
                isDiskFound = code.contains { $0.contains("Glibc.") }
                continue
            }
            for line in code {
                for call in Self.calls { #expect(!Self.has(call, line), "\(file): \(line)") }
            }
        }
        #expect(isDiskFound)
    }

    /// Whether a line has a call that is no part of a longer word, and is asked of nothing.
    private static func has(_ call: String, _ line: Substring) -> Bool {
        line.ranges(of: call).contains { range in
            guard let before = line[..<range.lowerBound].last else { return true }
            return !(before.isLetter || before.isNumber || before == "." || before == "_")
                || call.hasPrefix(".")
        }
    }
}
