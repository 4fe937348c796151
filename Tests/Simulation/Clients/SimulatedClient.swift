import ChatFormats
import Generations
import Loop
import Wire

/// One client: it asks, reads, leaves, comes back, stops and deletes, as chance has it.
final class SimulatedClient {
    /// What it does at the moment.
    private enum State {
        /// It does the next thing once it is due.
        case idle
        /// It reads, and leaves at that time if it is still there.
        case visiting(ClientVisit, leavesAt: Nanoseconds)
        /// It waits for the answer to something that is no answer of a model.
        case looking(ClientVisit, Look)
    }

    /// What is asked for beside answers.
    private enum Look {
        case deletion(of: Deletion)
        case stop(of: String)
        case other
    }

    /// A question that was asked, and what is known of its answer.
    private struct Asked {
        let number: Int
        let ask: Ask
        let tongue: Tongue
        let reading: Ask.Reading
        /// The answer's id, once it is known.
        var id: String?
        /// The last event that the client has.
        var place: EntryPlace?
        /// Whether the client has the end.
        var hasEnd = false
        /// Which process was asked last.
        var process: Int
    }

    let number: Int
    /// Whose client it is; nil where nobody is asked.
    private let owner: String?
    /// The fields that all of its requests have.
    private let fields: HeaderFields
    /// When it does the next thing; `.max` once it has done all.
    private(set) var due: Nanoseconds
    private let chance: Chance
    private unowned let world: World
    private var state = State.idle
    private var asked: Asked?
    private var deedsLeft: Int

    /// A client that comes at some time within the span.
    init(_ number: Int, in world: World, within span: Nanoseconds) {
        self.number = number
        self.world = world
        owner = world.plan.hasOwners ? Owners.name(ofClient: number) : nil
        fields = Owners.fields(of: owner)
        chance = Chance(seed: world.plan.seed, part: "client \(number)")
        due = world.clock.now + Nanoseconds(chance.below(Int(span)))
        deedsLeft = chance.within(1...5)
    }

    /// Does what is due.
    func act() {
        switch state {
        case .idle: begin()
        case .visiting(let visit, let leavesAt):
            guard visit.end == nil else { return visited(visit) }
            guard world.clock.now < leavesAt else {
                world.story.tell("client \(number) leaves")
                visit.leave()
                return visited(visit)
            }
            visit.take()
            due = min(leavesAt, world.clock.now + .milliseconds(chance.within(5...200)))
            if !visit.hasBacklog { due = leavesAt }
        case .looking(let visit, let look): if visit.end != nil { looked(visit, look) }
        }
    }

    /// Something happened to its request.
    func wake() { due = min(due, world.clock.now) }

    /// Something was sent that it takes a little at a time.
    func wakeSoon() { due = min(due, world.clock.now + .milliseconds(chance.within(1...100))) }

    // MARK: Deeds

    private func begin() {
        guard deedsLeft > 0 else { return due = .max }
        deedsLeft -= 1
        guard world.isServing else { return retry() }
        if wantsKeyHonoured() { return askNextProcess() }
        guard let asked, !asked.hasEnd, chance.below(10) < 8 else { return beginOther() }
        switch chance.below(10) {
        case 0..<6 where asked.place != nil: comeBack(asked)
        case 0..<8 where asked.ask.key != nil: repeatQuestion(asked)
        default: if let id = asked.id { readAlong(id) } else { askAnew() }
        }
    }

    /// Whether the answer has ended, and its key has to hold in another process.
    private func wantsKeyHonoured() -> Bool {
        guard let asked, asked.hasEnd, asked.ask.key != nil, asked.process < world.processes else {
            return false
        }
        return chance.happens(oneIn: 2)
    }

    private func askNextProcess() {
        asked?.process = world.processes
        if let asked { repeatQuestion(asked) }
    }

    private func beginOther() {
        switch chance.below(12) {
        case 0 where world.plan.has(.stopping): stopSomething()
        case 1 where world.plan.has(.deletions): deleteSomething()
        case 2:
            let request = ClientRequest.messages(of: world.household.conversation(chance), fields)
            look(request, .other, "reads a conversation")
        case 3: look(.records(fields), .other, "reads the history")
        case 4: look(.conversations(fields), .other, "lists conversations")
        case 5: if let id = world.household.knownID(chance) { readAlong(id) } else { askAnew() }
        case 6: comeBackAnywhere()
        case 7 where asked?.ask.key != nil: if let asked { repeatQuestion(asked) }
        default: askAnew()
        }
    }

    private func askAnew() {
        let question = world.household.nextQuestion()
        var ask = Ask("What is #\(question)#?")
        ask.fields = fields
        let isWithin = chance.happens(oneIn: 3)
        if isWithin { ask.conversation = world.household.conversation(chance) }
        if chance.happens(oneIn: 2) { ask.key = "key-\(question)" }
        ask.onDisconnect = chance.pick([nil, nil, .cancel, .finish, .grace(seconds: 2)])
        if chance.happens(oneIn: 8) { ask.smooth = chance.within(10...300) }
        let tongue = chance.pick(Tongue.allCases)
        let asked = Asked(
            number: question,
            ask: ask,
            tongue: tongue,
            reading: chance.happens(oneIn: 2) ? .standard : .fetch,
            process: world.processes
        )
        self.asked = asked
        world.household.asked(question, in: ask.conversation, of: owner)
        put(asked, "asks")
        if ask.key != nil, chance.happens(oneIn: 8) { askTwice(asked) }
    }

    /// Sends the same once more at once, as a double click does; nobody waits for that answer.
    private func askTwice(_ asked: Asked) {
        guard let loop = world.loop(chance) else { return }
        world.household.asked(asked.number, in: asked.ask.conversation, of: owner)
        let request = asked.ask.request(in: asked.tongue, asked.reading, by: chance)
        let visit = ClientVisit(
            request,
            question: asked.number,
            .eager,
            on: loop,
            of: nil,
            in: world
        )
        world.story.tell("client \(number) asks the same at once on loop \(loop.index)")
        world.sent(visit)
        visit.send()
    }

    /// Asks the same again, under its key.
    private func repeatQuestion(_ asked: Asked) {
        world.household.asked(asked.number, in: asked.ask.conversation, of: owner)
        put(asked, "asks again")
    }

    private func put(_ asked: Asked, _ how: String) {
        let request = asked.ask.request(in: asked.tongue, asked.reading, by: chance)
        let talk = asked.ask.conversation.map { " within \($0)" } ?? ""
        let what = "\(how) #\(asked.number)# in \(asked.tongue)\(talk)"
        visit(request, question: asked.number, what)
    }

    private func comeBack(_ asked: Asked) {
        guard let place = asked.place else { return askAnew() }
        let dialect = chance.below(4) > 0 ? asked.tongue.dialect : chance.pick(Self.dialects)
        let request = ClientRequest.resume(after: place, in: dialect, fields, by: chance)
        visit(request, resumedAt: place, "comes back after \(place.id) in \(dialect.name)")
    }

    /// Comes back with an id that another client may have been shown.
    private func comeBackAnywhere() {
        guard let place = world.household.knownPlace(chance) else { return askAnew() }
        let dialect = chance.pick(Self.dialects)
        let request = ClientRequest.resume(after: place, in: dialect, fields, by: chance)
        visit(request, resumedAt: place, "goes on after \(place.id) in \(dialect.name)")
    }

    private func readAlong(_ id: String) {
        let dialect = chance.pick(Self.dialects)
        let request = ClientRequest.read(id, in: dialect, fields)
        visit(request, wanted: id, "reads \(id) in \(dialect.name)")
    }

    private static let dialects: [Dialect] = [
        .events, .events, .text, .content, .openai, .tokens, .ndjson, .plain,
    ]

    private func stopSomething() {
        guard let id = world.household.knownID(chance) else { return askAnew() }
        look(.stop(id, fields), .stop(of: id), "stops \(id)")
    }

    private func deleteSomething() {
        let conversation = world.household.conversation(chance)
        let deletion = world.household.deletionBegins(of: conversation, by: owner)
        look(.delete(conversation, fields), .deletion(of: deletion), "deletes \(conversation)")
    }

    // MARK: Requests

    private func visit(
        _ request: ClientRequest,
        question: Int? = nil,
        wanted: String? = nil,
        resumedAt: EntryPlace? = nil,
        _ what: String
    ) {
        let manner: ClientVisit.Manner =
            switch chance.below(10) {
            case 0: .stuck
            case 1, 2: .slow(bytes: chance.within(16...2000))
            default: .eager
            }
        guard let loop = world.loop(chance) else { return retry() }
        let visit = ClientVisit(
            request,
            question: question,
            wanted: wanted,
            resumedAt: resumedAt,
            manner,
            on: loop,
            of: self,
            in: world
        )
        let leavesAt: Nanoseconds =
            chance.happens(oneIn: 3)
            ? world.clock.now + .milliseconds(chance.within(0...6000))
            : world.clock.now + .seconds(120)
        world.story.tell("client \(number) \(what) on loop \(loop.index)")
        state = .visiting(visit, leavesAt: leavesAt)
        due = visit.takesSlowly ? world.clock.now + .milliseconds(chance.within(1...50)) : leavesAt
        world.sent(visit)
        visit.send()
    }

    private func visited(_ visit: ClientVisit) {
        state = .idle
        let reading = visit.reading
        world.checkFilters(reading.shown)
        if var known = asked, visit.question != nil || visit.wanted == known.id {
            known.id = reading.generation ?? known.id
            if let place = reading.place, place.generation == known.id { known.place = place }
            if let told = reading.ending, told != .cut { known.hasEnd = true }
            asked = known
        }
        if visit.end == .whole, reading.status == 202, let id = reading.generation {
            return readAnnounced(id)
        }
        pause()
    }

    private func readAnnounced(_ id: String) {
        guard world.isServing else { return retry() }
        let request = ClientRequest.announced(id, fields, by: chance)
        visit(request, wanted: id, "reads the announced \(id)")
    }

    private func look(_ request: ClientRequest, _ look: Look, _ what: String) {
        guard let loop = world.loop(chance) else { return retry() }
        let visit = ClientVisit(request, .eager, on: loop, of: self, in: world)
        world.story.tell("client \(number) \(what) on loop \(loop.index)")
        state = .looking(visit, look)
        due = world.clock.now + .seconds(120)
        world.sent(visit)
        visit.send()
    }

    private func looked(_ visit: ClientVisit, _ look: Look) {
        state = .idle
        switch look {
        case .deletion(let deletion):
            let isConfirmed = visit.end == .whole && visit.reading.status == 204
            world.household.deletionEnded(deletion, isConfirmed: isConfirmed)
        case .stop(let id):
            if let status = visit.reading.status { world.promises.stopped(id, by: owner, status) }
        case .other: world.promises.read(visit.reading.body, by: owner)
        }
        pause()
    }

    /// The relay is not there: it is tried again, as `EventSource` does.
    private func retry() {
        deedsLeft += 1
        state = .idle
        due = world.clock.now + .milliseconds(chance.within(500...3000))
    }

    private func pause() {
        let pauses = [0, 1, 20, 300, 1000, 5000, 20_000]
        due = world.clock.now + .milliseconds(chance.pick(pauses))
    }
}
