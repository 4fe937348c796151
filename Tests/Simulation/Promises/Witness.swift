import Loop

/// Holds what clients learn against what was promised.
final class Witness {
    private let promises: Promises
    private let payments: Payments

    /// Begins with nothing learned.
    init(_ promises: Promises, _ payments: Payments) {
        self.promises = promises
        self.payments = payments
    }

    /// A client learned something of an answer.
    ///
    /// - Parameters:
    ///   - event: what.
    ///   - visit: the client's request.
    ///   - last: the last entry of the log that this reading has.
    ///   - isSafe: whether the relay says that it can write.
    func learned(
        _ event: AnswerEvent,
        by visit: ClientVisit,
        _ last: inout Int?,
        isSafe: Bool
    ) {
        switch event {
        case .named(let id):
            promises.met(id, by: visit.owner, question: visit.question, isSafe: isSafe)
        case .entry(let place, let text):
            checkIsThere(visit)
            if !text.isEmpty { answered(place.generation) }
            // In a record the whole text is one entry.
            guard place.count == .log else { return last = nil }
            promises.saw(place.generation, place.number, text, after: last, isSafe: isSafe)
            last = place.number
        case .text:
            checkIsThere(visit)
            if let id = visit.reading.generation {
                answered(id)
                if !isSafe { promises.sawUnnumbered(id) }
            }
            last = nil
        case .restored(let text):
            checkIsThere(visit)
            guard let id = visit.reading.generation else { return }
            promises.restored(id, text)
            last = nil
            visit.hasWhole = true
        case .end(let told): ended(told, visit, last, isSafe)
        case .refused(let refusal): refused(refusal, visit)
        case .nothingMore: nothingMore(visit)
        case .announced, .beside: break
        case .odd(let what):
            promises.fail("\(visit.reading.generation ?? "an answer") is odd: \(what)")
        }
    }

    private func answered(_ id: String) {
        // Of one that was deleted, or lost, nothing may be left that could be served again.
        guard let answer = promises.answers[id], !answer.isDeleted, !answer.mayBeGone else {
            return
        }
        if let question = answer.question { payments.answered(question) }
    }

    private func checkIsThere(_ visit: ClientVisit) {
        guard let id = visit.reading.generation, let answer = promises.answers[id] else { return }
        guard let goneAt = answer.goneAt, visit.sentAt > goneAt else { return }
        promises.fail("\(id) is served, and its conversation was deleted before it was asked for")
    }

    private func ended(_ told: ToldEnding, _ visit: ClientVisit, _ last: Int?, _ isSafe: Bool) {
        // A connection that was lost says nothing.
        guard told != .cut, let id = visit.reading.generation else { return }
        checkIsThere(visit)
        let place = visit.reading.place
        promises.ended(
            id,
            told,
            with: place?.count == .log ? place?.number : nil,
            after: last,
            whole: visit.hasWhole ? visit.reading.shown : nil,
            isSafe: isSafe
        )
    }

    private func refused(_ refusal: Refusal, _ visit: ClientVisit) {
        guard refusal.status == 404, let id = visit.wanted, isOwn(id, visit) else { return }
        // A client that can only append has no use for the whole text.
        if visit.resumedAt != nil, !visit.canRestore { return }
        promises.denied(id)
    }

    private func isOwn(_ id: String, _ visit: ClientVisit) -> Bool {
        promises.answers[id]?.owner == visit.owner
    }

    /// The client was told that it has all of the answer, since its last event was the end.
    private func nothingMore(_ visit: ClientVisit) {
        guard let id = visit.wanted, let answer = promises.answers[id], visit.canRestore,
            isOwn(id, visit), answer.isSure, !answer.isDeleted, let place = visit.resumedAt,
            place.count == .log
        else { return }
        // The end adds no text, and nothing follows it.
        let isEnd = answer.text(place.number)?.isEmpty ?? true
        guard !isEnd || answer.hasText(after: place.number) else { return }
        promises.fail("\(id) is said to have nothing more after entry \(place.number)")
    }
}
