import Testing

@testable import Generations

/// Which ended answers are kept for clients that come back.
@Suite struct ShelfTests {
    @Test(
        arguments: [
            // What each holds, the bound, and what has to go.
            ([10, 10, 10], 30, []),
            ([10, 10, 11], 30, [0]),
            ([40], 30, []),
            ([10, 40], 30, [0]),
            ([10, 10, 40, 10], 30, [0, 1, 2]),
            ([0, 0, 0], 0, []),
        ] as [([Int], Int, [Int])]
    )
    func `the oldest go first, and the newest never`(sizes: [Int], limit: Int, gone: [Int]) {
        var shelf = Shelf()
        var letGo: [String] = []
        for (number, size) in sizes.enumerated() {
            shelf.add("\(number)", size, upTo: limit) { letGo.append($0) }
        }
        #expect(letGo == gone.map(String.init))
    }

    @Test func `each goes once, however many come`() {
        var shelf = Shelf()
        var letGo: [String] = []
        for number in 0..<1000 { shelf.add("\(number)", 1, upTo: 10) { letGo.append($0) } }
        #expect(letGo == (0..<990).map(String.init))
    }
}
