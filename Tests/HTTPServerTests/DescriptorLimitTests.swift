import Glibc
import HTTPServer
import Loop
import Testing
import Wire

/// Takes every descriptor that the process may still have.
private final class Hoard {
    private var held: [Int32] = []

    func takeAll() {
        while true {
            let number = dup(2)
            guard number >= 0 else { return }
            held.append(number)
        }
    }

    func release(_ count: Int) {
        for number in held.suffix(count) { close(number) }
        held.removeLast(min(count, held.count))
    }
}

private func cpuMilliseconds() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
    return seconds * 1000 + Int(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000
}

/// Ends the process where something does not hold; the code says what, since nobody sees what a process
/// prints that a test has started.
private func require(_ holds: Bool, orExitWith code: Int32) {
    if !holds { _exit(code) }
}

@Suite(.timeLimit(.minutes(1)))
struct DescriptorLimitTests {
    /// In a process of its own, whose limit harms no other test.
    @Test
    func `without descriptors accepting pauses, the open connection is served, and it resumes`()
        async
    {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 64, rlim_max: 64)
            require(
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
                orExitWith: 11
            )
            // Dispatch makes its timer at the first use, and ends the process where no descriptor is left
            // for it, as may be the case below.
            try await Task.sleep(nanoseconds: 1)
            let folder = Folder()
            folder.write("a.txt", "a")
            let files = LoopFiles(folder.path)
            let server = try TestServer { exchange, _ in files.respond(exchange) }
            let open = server.client()
            require(open.get("/a.txt")?.text == "a", orExitWith: 12)
            let hoard = Hoard()
            let last = server.clientOnceFull(hoard)
            let before = cpuMilliseconds()
            // Not `Task.sleep`: without a descriptor for its timer, Dispatch ends the process.
            usleep(500_000)
            require(cpuMilliseconds() - before < 250, orExitWith: 13)
            // No file can be opened: the honest answer is not that there is none.
            require(open.get("/a.txt")?.status == 503, orExitWith: 14)
            hoard.release(20)
            require(last.response()?.text == "a", orExitWith: 15)
            require(open.get("/a.txt")?.text == "a", orExitWith: 16)
            // At once: a look for leaks at the end would find the server that still runs.
            _exit(EXIT_SUCCESS)
        }
    }
}

extension TestServer {
    /// A client that has asked, and for whom the server has no descriptor.
    fileprivate func clientOnceFull(_ hoard: Hoard) -> Client {
        let client = Client(port: port) { hoard.takeAll() }
        client.send("GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n")
        return client
    }
}
