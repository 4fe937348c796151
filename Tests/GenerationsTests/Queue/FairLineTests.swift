import Testing

@testable import Generations

/// In which order those who wait are served.
@Suite struct FairLineTests {
    private func line(_ owners: [String]) -> FairLine {
        var line = FairLine()
        for (number, owner) in owners.enumerated() { line.add(number, of: owner) }
        return line
    }

    private func served(_ line: FairLine) -> [Int] {
        var line = line
        var order: [Int] = []
        while let number = line.next() { order.append(number) }
        return order
    }

    @Test func `owners are served in turn, and each one's own in their order`() {
        #expect(served(line(["a", "a", "a", "b", "c", "b"])) == [0, 3, 4, 1, 5, 2])
        #expect(served(line(["", "", ""])) == [0, 1, 2])
        #expect(served(line([])) == [])
    }

    @Test(arguments: [
        ["a"], ["a", "a", "b"], ["a", "b", "a", "c", "c", "c", "b", "a"],
        ["x", "x", "x", "x", "y", "z", "z"],
    ])
    func `a place says after how many one is served`(owners: [String]) {
        let line = line(owners)
        for (index, number) in served(line).enumerated() {
            #expect(line.place(of: number) == index + 1)
        }
        #expect(line.place(of: owners.count) == nil)
    }

    @Test func `who leaves is not served, and is not in anybody's way`() {
        var line = line(["a", "b", "a", "b"])
        let removed = [0, 0, 9].map { line.remove($0) }
        #expect(removed == [true, false, false])
        #expect(line.count == 3 && line.count(of: "a") == 1)
        #expect(served(line) == [2, 1, 3])
        for number in [1, 3] { _ = line.remove(number) }
        #expect(line.count(of: "b") == 0)
        #expect(served(line) == [2])
    }

    @Test func `who comes again waits behind the others`() {
        var line = line(["a", "b"])
        _ = line.next()
        line.add(7, of: "a")
        #expect(served(line) == [1, 7])
    }
}
