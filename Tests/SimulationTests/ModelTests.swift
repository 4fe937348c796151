import ChatFormats
import Loop
import Testing

@testable import simulate

/// The model is worth nothing where it does not see what it is for.
@Suite struct ModelTests {
    private let clock = ManualClock(start: 0, wallMilliseconds: 0)

    @Test func `a question that is paid twice is noticed`() {
        let promises = Promises(clock)
        let payments = Payments(promises, mostCalls: 3, clock)
        payments.asked(1)
        payments.called(1)
        payments.callEnded(1, of: 1, allowsAnother: true)
        payments.answered(1)
        #expect(promises.violation == nil)
        payments.called(1)
        #expect(promises.violation?.contains("paid again") == true)
    }

    @Test func `a call that follows one which allowed no other is noticed`() {
        let promises = Promises(clock)
        let payments = Payments(promises, mostCalls: 3, clock)
        payments.asked(1)
        payments.called(1)
        payments.callEnded(1, of: 1, allowsAnother: false)
        payments.called(1)
        #expect(promises.violation?.contains("allowed no other") == true)
    }

    @Test func `a call that ends after the question was asked again allows another`() {
        let promises = Promises(clock)
        let payments = Payments(promises, mostCalls: 3, clock)
        payments.asked(1)
        payments.called(1)
        payments.asked(1)
        payments.callEnded(1, of: 1, allowsAnother: false)
        payments.called(1)
        #expect(promises.violation == nil)
    }

    @Test func `two calls at once for a question are noticed`() {
        let promises = Promises(clock)
        let payments = Payments(promises, mostCalls: 3, clock)
        payments.asked(1)
        payments.called(1)
        payments.called(1)
        #expect(promises.violation?.contains("while a model answers it") == true)
    }

    @Test func `an entry that changes is noticed, and one that may be lost is not`() {
        let promises = Promises(clock)
        promises.met("a", by: nil, question: 1, isSafe: true)
        promises.saw("a", 1, "one", after: 0, isSafe: true)
        promises.saw("a", 2, "two", after: 1, isSafe: false)
        promises.processEnded()
        promises.saw("a", 2, "other", after: 1, isSafe: true)
        #expect(promises.violation == nil)
        promises.saw("a", 1, "other", after: 0, isSafe: true)
        #expect(promises.violation?.contains("which was 'one'") == true)
    }

    @Test func `an entry that is left out is noticed`() {
        let promises = Promises(clock)
        promises.met("a", by: nil, question: 1, isSafe: true)
        promises.saw("a", 1, "one", after: 0, isSafe: true)
        promises.saw("a", 2, "two", after: 0, isSafe: true)
        #expect(promises.violation?.contains("leaves out entry 1") == true)
    }

    @Test func `another ending is noticed`() {
        let promises = Promises(clock)
        promises.met("a", by: nil, question: 1, isSafe: true)
        for told in [ToldEnding.finished(.complete), .failed(.interrupted, code: nil)] {
            promises.ended("a", told, with: 3, after: nil, whole: nil, isSafe: true)
        }
        #expect(promises.violation?.contains("ended with") == true)
    }

    @Test func `an answer that nobody knows any more is noticed`() {
        let promises = Promises(clock)
        promises.met("a", by: nil, question: 1, isSafe: true)
        promises.denied("a")
        #expect(promises.violation?.contains("nobody knows it") == true)
    }

    @Test func `an answer that is shown to another owner is noticed`() {
        let promises = Promises(clock)
        promises.met("a", by: "ann", question: 1, isSafe: true)
        promises.read(Array("b".utf8), by: "bob")
        promises.stopped("a", by: "bob", 404)
        #expect(promises.violation == nil)
        promises.met("a", by: "bob", question: nil, isSafe: true)
        #expect(promises.violation == "a of ann is shown to bob")
    }

    @Test func `a list or a stop of another owner is noticed`() {
        for deed in [
            { (promises: Promises) in promises.read(Array("a".utf8), by: "bob") },
            { $0.stopped("a", by: "bob", 204) },
        ] {
            let promises = Promises(clock)
            promises.met("a", by: "ann", question: 1, isSafe: true)
            deed(promises)
            #expect(promises.violation != nil)
        }
    }
}
