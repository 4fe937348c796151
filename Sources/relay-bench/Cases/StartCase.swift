import Glibc
import Loop

/// Measures how long contestants take to start, their memory after it, and the size of ours.
struct StartCase {
    /// The pause in which a contestant finishes what a start left to do.
    private static let settlingMicroseconds: UInt32 = 50_000
    /// The starts of a peer: few, since one takes seconds and nothing is promised about them.
    private static let peerStarts = 3

    static let measured = Case(
        key: "start",
        title: "start, with one worker",
        load: StreamLoad(streams: 1, tokens: 1, intervalMicroseconds: 0),
        metrics: [.start, .residentAfterStart, .binary],
        peers: .all
    )

    /// The starts of our daemon.
    let starts: Int

    func measure(_ kinds: [any ContestantKind], upstreamPort: Int) throws -> CaseResult {
        var result = CaseResult(Self.measured)
        for kind in kinds {
            let isOurs = kind.name == OurDaemonKind.tableName
            do {
                for round in 0..<(isOurs ? starts : min(starts, Self.peerStarts)) {
                    result.add([try sample(kind, round, upstreamPort)])
                }
            } catch  where !isOurs {
                result.add(problem: "start, \(kind.name): \(error)")
            }
        }
        Progress.say("start: \(result.line(of: OurDaemonKind.tableName))")
        return result
    }

    private func sample(
        _ kind: any ContestantKind,
        _ round: Int,
        _ upstreamPort: Int
    ) throws -> Sample {
        let begin = monotonicNow()
        let contestant = try kind.start(workers: 1, upstreamPort: upstreamPort)
        defer { contestant.end() }
        let milliseconds = Double(monotonicNow() - begin) / 1e6
        usleep(Self.settlingMicroseconds)
        var values: [Metric: Double] = [
            .residentAfterStart: Double(try contestant.use.residentBytes()) / 1e6
        ]
        if let ours = kind as? OurDaemonKind {
            // The wait for a peer differs: it lasts until the peer is quiet.
            values[.start] = milliseconds
            values[.binary] = Double(try FileSize.bytes(of: ours.binary)) / 1e6
        }
        return Sample(
            contestant: kind.name,
            round: round,
            values: values,
            failures: 0,
            firstFailure: nil,
            coresOfOthers: 0
        )
    }
}
