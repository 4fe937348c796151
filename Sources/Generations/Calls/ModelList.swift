import ChatFormats
import Loop
import Wire

/// The models that one upstream says it has, as far as it was asked; the same for all loops.
package final class ModelList: Sendable {
    /// How long a list counts as what the upstream has.
    static let lifeSeconds = 300
    /// How long an upstream whose list was not to be had is left alone.
    static let pauseSeconds = 15
    /// How long it may take to list them.
    static let askSeconds = 10
    /// The longest list that is read.
    static let maxBytes = 4 * 1024 * 1024
    /// The most models that are kept of it.
    static let maxModels = 1000
    /// A longer name is none.
    private static let maxNameBytes = 256

    /// A model of the list.
    struct Model: Sendable {
        let id: String
        /// In seconds since 1970; 0 where it does not say.
        let created: Int
        /// Who has made it, where it says so.
        let owner: String?
    }

    private struct State {
        /// Nil until the upstream has said it once.
        var models: [Model]?
        /// When it is asked again.
        var due: Nanoseconds = 0
        /// Until when somebody asks; nobody else does meanwhile.
        var asking: Nanoseconds?
        /// Who waits for it to answer.
        var waiting: [Ticket<Bool>] = []
    }

    /// What whoever wants the list does.
    enum Demand {
        case nothing
        /// Waits for the ticket, which is answered.
        case wait
        /// Asks the upstream, and waits like the others.
        case ask
    }

    private let state = Guarded(State())

    /// What is known; nil for nothing.
    var models: [Model]? { state.withLock { $0.models } }

    /// Says what to do for a list that is not too old.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - ticket: is answered once the upstream has been asked, where it has to be.
    /// - Returns: whether it is, and by whom.
    func demand(at now: Nanoseconds, _ ticket: @autoclosure () -> Ticket<Bool>) -> Demand {
        let demand = state.withLock { state in
            if let end = state.asking, now < end { return Demand.wait }
            guard now >= state.due else { return .nothing }
            // Whoever asked may be gone with its loop.
            state.asking = now + .seconds(2 * Self.askSeconds)
            return .ask
        }
        guard demand != .nothing else { return demand }
        let ticket = ticket()
        let isOver = state.withLock { state in
            guard state.asking != nil else { return true }
            state.waiting.append(ticket)
            return false
        }
        if isOver { ticket.answer(true) }
        return demand
    }

    /// Takes a new list; nil where it was not to be had, and the old one stays.
    func answered(_ models: [Model]?, at now: Nanoseconds) {
        let waiting = state.withLock { state in
            if let models { state.models = models }
            state.due = now + .seconds(models == nil ? Self.pauseSeconds : Self.lifeSeconds)
            state.asking = nil
            defer { state.waiting = [] }
            return state.waiting
        }
        for ticket in waiting { ticket.answer(true) }
    }

    /// Reads a list in either vendor's form, or a bare array as some servers send it.
    ///
    /// - Returns: nil where it is none.
    static func read(_ bytes: Span<UInt8>) -> [Model]? {
        guard let json = try? JSON.parse(bytes, limits: .stranger),
            let list = json["data"]?.arrayValue ?? json.arrayValue
        else { return nil }
        var models: [Model] = []
        for value in list.prefix(maxModels) {
            guard let id = value["id"]?.stringValue, isName(id) else { continue }
            let created = value["created"]?.intValue
            let date = value["created_at"]?.stringValue
            models.append(
                Model(
                    id: id,
                    created: created ?? date.flatMap(seconds) ?? 0,
                    owner: value["owned_by"]?.stringValue.flatMap { isName($0) ? $0 : nil }
                )
            )
        }
        return models
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= maxNameBytes && text.utf8.allSatisfy { $0 >= 0x20 }
    }

    /// Reads `2025-02-19T00:00:00Z`, with or without milliseconds.
    private static func seconds(_ text: String) -> Int? {
        Timestamp.seconds(text.utf8.count == 20 ? "\(text.dropLast()).000Z" : text)
    }
}

/// The lists of all upstreams; they outlive a reload.
package final class ModelLists: Sendable {
    private let lists = Guarded<[UpstreamIdentity: ModelList]>([:])

    /// Makes none yet.
    package init() {}

    /// The list of an upstream.
    func list(of upstream: RelayConfiguration.Upstream) -> ModelList {
        let identity = UpstreamIdentity(upstream)
        return lists.withLock { lists in
            if let known = lists[identity] { return known }
            let list = ModelList()
            lists[identity] = list
            return list
        }
    }
}
