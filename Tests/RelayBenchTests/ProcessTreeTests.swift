import Glibc
import TestSupport
import Testing

@testable import relay_bench

@Suite struct ProcessTreeTests {
    @Test func aTreeHasTheRootAndAllBelowIt() throws {
        let folder = try Leftovers.shared.makeFolder()
        defer { Leftovers.shared.removeFolder(folder) }
        let child = try ChildProcess(
            "/bin/sh",
            ["-c", "(sleep 600 & sleep 600 & wait) & wait"],
            environment: ["PATH=/usr/bin:/bin"],
            log: "\(folder)/log"
        )
        defer { child.end(within: 0) }
        let tree = try ProcessTree(root: child.pid)
        #expect(waits { tree.processes.count == 4 })
        #expect(tree.processes.first == child.pid)
        #expect(try tree.residentBytes() > (try ProcessUse(of: child.pid).residentBytes()))
    }

    @Test func aTreeWithoutARootIsAnError() {
        #expect(throws: BenchError.self) { try ProcessTree(root: pid_t.max) }
    }

    @Test func whatAChildLeavesRunningEndsWithIt() throws {
        let folder = try Leftovers.shared.makeFolder()
        defer { Leftovers.shared.removeFolder(folder) }
        let child = try ChildProcess(
            "/bin/sh",
            ["-c", "sleep 600 & echo $!; exit 3"],
            environment: ["PATH=/usr/bin:/bin"],
            log: "\(folder)/log"
        )
        #expect(waits { child.exitCode == 3 })
        let words = TextFile.read("\(folder)/log")?.split(separator: "\n") ?? []
        let left = try #require(words.first.flatMap { pid_t($0) })
        #expect(waits { !isRunning(left) })
    }

    @Test func theFirstVersionInATextIsFound() {
        #expect(CommandOutput.version(in: "nginx version: nginx/1.22.1\n") == "1.22.1")
        #expect(
            CommandOutput.version(in: "HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://a.b/")
                == "2.6.12"
        )
        #expect(CommandOutput.version(in: "no. version 7 here") == nil)
    }

    @Test func whatACommandSaysIsReadUnlessItFails() {
        #expect(CommandOutput.of("/bin/echo", ["1.2"]) == "1.2\n")
        #expect(CommandOutput.of("/bin/false", []) == nil)
        #expect(CommandOutput.of("/nonexistent/command", []) == nil)
    }
}
