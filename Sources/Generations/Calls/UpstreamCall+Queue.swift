import Loop

/// How a call waits until its upstream has a place for it.
extension UpstreamCall {
    /// Takes a place; where there is none, waits for it.
    ///
    /// - Returns: whether the upstream may be asked now.
    func takePlace() -> Bool {
        place = CallPlace.take(upstream, heldBytes, context)
        guard place == nil else { return true }
        queueDue = context.reactor.now + .seconds(context.configuration.queueSeconds)
        waitsSince = context.reactor.now
        handle(.crowded)
        let owner = generation?.live.head.owner
        do throws(CallQueue.Refusal) {
            place = try CallPlace.wait(upstream, for: owner, heldBytes, context) { [weak self] in
                self?.placeIsThere()
            }
            tellPlace()
        } catch {
            endWaiting()
            let failure = UpstreamFailure(error, upstream: upstream.configuration.name)
            failed(AttemptFailure(.crowded, failure))
        }
        return false
    }

    /// Goes on, unless this is about a place that was given back.
    private func placeIsThere() {
        guard let place, place.waitingPlace == nil else { return }
        generation?.live.tellPlace(nil)
        endWaiting()
        handle(.admitted)
    }

    /// To wait takes nothing of the time in which attempts may begin.
    private func endWaiting() {
        budgetDue = budgetDue.map { $0 + (context.reactor.now - waitsSince) }
    }

    private func tellPlace() {
        guard let waiting = place?.waitingPlace else { return }
        generation?.live.tellPlace(waiting)
        // Nobody else has the memory measured while nothing new begins.
        context.queues.memory.ask()
    }

    /// Tells the readers how many are before them, or gives up.
    func queueClockRanOut() {
        let now = context.reactor.now
        guard now < totalDue else {
            let failure = timeout(clocks.spent(.total))
            return handle(.timeUp(isTotal: true, isWhole: false), failure)
        }
        guard now < queueDue else {
            endWaiting()
            let seconds = context.configuration.queueSeconds
            let name = upstream.configuration.name
            return failed(
                AttemptFailure(.crowded, .queueTimeout(upstream: name, seconds: seconds))
            )
        }
        tellPlace()
        handle(.timeUp(isTotal: false, isWhole: false))
    }
}
