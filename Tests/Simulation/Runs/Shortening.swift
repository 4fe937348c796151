/// Leaves out clients and troubles, as long as a promise is broken without them.
struct Shortening {
    private let plan: Plan
    /// What is wrong, without what differs from world to world.
    private let kind: [Substring]

    /// Begins with a plan in whose world a promise is broken, and says which.
    init(_ plan: Plan, _ violation: String) {
        self.plan = plan
        kind = Self.kind(violation)
    }

    private static func kind(_ violation: String) -> [Substring] {
        violation.split(separator: " ").filter { word in
            word.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: ",") }
        }
    }

    /// The shortest plan that was found.
    func shortest() -> Plan {
        var shortest = plan
        for trouble in Plan.Trouble.allCases where !shortest.without.contains(trouble) {
            var shorter = shortest
            shorter.without.insert(trouble)
            if isBroken(shorter) { shortest = shorter }
        }
        // Halves first, then quarters: most clients have nothing to do with it.
        var size = max(1, plan.clients / 2)
        while true {
            var place = 0
            while place < plan.clients {
                var shorter = shortest
                shorter.absent.formUnion(place..<min(plan.clients, place + size))
                if shorter.absent != shortest.absent, isBroken(shorter) { shortest = shorter }
                place += size
            }
            guard size > 1 else { return shortest }
            size /= 2
        }
    }

    private func isBroken(_ plan: Plan) -> Bool {
        guard case .broken(let what, _) = World(plan, keepsStory: false).run() else { return false }
        return Self.kind(what) == kind
    }
}
