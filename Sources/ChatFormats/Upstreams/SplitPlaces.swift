import Wire

/// Which choice, call or content block each string of an event belongs to, so that the halves of
/// its characters find each other: several may be cut at the same time.
///
/// What does not say its number has 0. The number may follow the strings, so it is looked for
/// first.
struct SplitPlaces {
    /// A place in all events alike.
    struct Place: Equatable {
        /// Made of the numbers from the event down to its object.
        fileprivate var path = 0
        /// Whether it is in a choice after the first, which is no text of the answer.
        fileprivate(set) var isOfFurtherChoice = false
        fileprivate var depth = 0
    }

    /// The objects of the event, in the order in which they begin.
    private var places: [Place] = []
    /// How many have begun, and those that have not ended.
    private var begun = 0
    private var open: [Int] = []

    /// Reads an event; what is no JSON has places too, of no meaning.
    init(_ json: Span<UInt8>) {
        var parents: [Int] = []
        var numbers: [Int] = []
        var index = 0
        while index < json.count {
            let byte = json[index]
            index += 1
            switch byte {
            case UInt8(ascii: "{"):
                parents.append(open.last ?? -1)
                numbers.append(0)
                open.append(numbers.count - 1)
            case UInt8(ascii: "}"): _ = open.popLast()
            case UInt8(ascii: "\""):
                let start = index
                while index < json.count, json[index] != byte {
                    index += json[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                let end = min(index, json.count)
                index += 1
                guard let object = open.last, equals(json.extracting(start..<end), "index") else {
                    continue
                }
                numbers[object] = Self.number(json, after: end + 1) ?? numbers[object]
            default: break
            }
        }
        open = []
        for (object, parent) in parents.enumerated() {
            var place = parent < 0 ? Place() : places[parent]
            if parent >= 0 {
                place.depth += 1
                if place.depth == 1, numbers[object] > 0 { place.isOfFurtherChoice = true }
            }
            place.path = place.path &* 1_000_003 &+ numbers[object]
            places.append(place)
        }
    }

    /// Where the byte before which `pass` was called last is.
    var current: Place { open.last.map { places[$0] } ?? Place() }

    /// Goes on by a byte that is not in a string.
    mutating func pass(_ byte: UInt8) {
        if byte == UInt8(ascii: "{"), begun < places.count {
            open.append(begun)
            begun += 1
        } else if byte == UInt8(ascii: "}") {
            _ = open.popLast()
        }
    }

    /// The number that is the value of the name before.
    private static func number(_ json: Span<UInt8>, after start: Int) -> Int? {
        var index = start
        while index < json.count,
            json[index] == UInt8(ascii: ":") || UpstreamBody.isBlank(json[index])
        {
            index += 1
        }
        let first = index
        while index < json.count, (0x30...0x39).contains(json[index]) { index += 1 }
        return parseDecimal(json.extracting(min(first, json.count)..<min(index, json.count)))
    }
}
