/// The open files of a process, by their numbers; the lowest free number is given first.
struct DescriptorTable {
    /// Those below are the standard streams.
    private static let firstNumber = 3

    private var files: [OpenDescription?] = []

    /// How many are open.
    var count: Int { files.count { $0 != nil } }
    /// The numbers of those that are open.
    var numbers: [Int32] {
        files.indices.filter { files[$0] != nil }.map { Int32($0 + Self.firstNumber) }
    }

    /// The file of a number; nil where that is free.
    subscript(number: Int32) -> OpenDescription? {
        let place = Int(number) - Self.firstNumber
        return files.indices.contains(place) ? files[place] : nil
    }

    /// Gives a file a number.
    mutating func add(_ file: OpenDescription) -> Int32 {
        let place = files.firstIndex { $0 == nil } ?? files.count
        if place == files.count { files.append(file) } else { files[place] = file }
        return Int32(place + Self.firstNumber)
    }

    /// Frees a number.
    mutating func remove(_ number: Int32) { files[Int(number) - Self.firstNumber] = nil }
}
