import Loop

/// Readers of answers that already run.
extension Bench {
    /// Lets all streams of a load read along with one answer.
    func readAlong(_ load: StreamLoad, _ daemon: OurDaemon) async throws -> Taken {
        let ids = try Announcer(port: daemon.port).begin([load.model(of: 0)])
        let id = ids.first ?? ""
        let targets = Array(
            repeating: StreamTarget.reading(port: daemon.port, id: id),
            count: load.streams
        )
        let outcome = await Fleet.run(load, against: targets, watching: daemon.use, on: loop)
        var taken = Taken(outcome, of: load)
        taken.answers = 1
        // Only while all read: the cost of arriving is not the cost of a token.
        taken.values[.processorPerReaderToken] = outcome.steadyMicrosecondsPerToken
        return taken
    }

    /// Lets all streams of a load be read, while clients come back to some of them.
    func comeBack(_ load: StreamLoad, _ daemon: OurDaemon) async throws -> Taken {
        let announced = monotonicNow()
        let models = (0..<load.streams).map { load.model(of: $0) }
        let ids = try Announcer(port: daemon.port).begin(models)
        let targets = ids.map { StreamTarget.reading(port: daemon.port, id: $0) }
        // The answers began with the announcement, and their readers come after it.
        let window = load.window(from: announced)
        let begin = window.lowerBound + (monotonicNow() - announced)
        let clients = ReturningClients(port: daemon.port, ids: ids)
        async let visits = clients.run(from: begin, until: max(begin, window.upperBound))
        let outcome = await Fleet.run(load, against: targets, watching: daemon.use, on: loop)
        let returned = await visits
        var taken = Taken(outcome, of: load)
        taken.failures += returned.failures
        let delays = returned.delays.sorted()
        taken.values[.resumeP50] = Percentile.of(0.5, in: delays)
        taken.values[.resumeP99] = Percentile.of(0.99, in: delays)
        taken.values[.resumes] = Double(delays.count)
        return taken
    }
}
