/// Numbers in as few bytes as each needs: seven bits a byte, the lowest first, the top bit set on
/// all but the last (LEB128).
///
/// Eight bytes at a time: an array asks at every byte whether it is shared and has room.
struct PackedNumbers: Sendable, Sequence {
    private var words: [UInt64] = []
    /// The bytes that do not fill a word yet, the first one lowest.
    private var last: UInt64 = 0
    private var lastBits: UInt64 = 0

    /// Adds a number after all others.
    mutating func append(_ number: UInt) {
        var rest = UInt64(number)
        while rest >= 0x80 {
            put(rest & 0x7F | 0x80)
            rest >>= 7
        }
        put(rest)
    }

    @inline(__always)
    private mutating func put(_ byte: UInt64) {
        last |= byte &<< lastBits
        lastBits &+= 8
        if lastBits == UInt64.bitWidth { seal() }
    }

    @inline(never)
    private mutating func seal() {
        words.append(last)
        last = 0
        lastBits = 0
    }

    func makeIterator() -> Iterator { Iterator(numbers: self) }

    /// Gives the numbers in their order.
    struct Iterator: IteratorProtocol {
        private let numbers: PackedNumbers
        private var position = 0

        init(numbers: PackedNumbers) { self.numbers = numbers }

        mutating func next() -> UInt? {
            guard position < 8 * numbers.words.count + Int(numbers.lastBits / 8) else { return nil }
            var number: UInt64 = 0
            var shift: UInt64 = 0
            while true {
                let byte = takeByte()
                number |= (byte & 0x7F) << shift
                guard byte >= 0x80 else { return UInt(number) }
                shift += 7
            }
        }

        /// A number's last byte is always there: its bytes are added together.
        private mutating func takeByte() -> UInt64 {
            let place = position / 8
            let word = place < numbers.words.count ? numbers.words[place] : numbers.last
            let byte = word >> UInt64(position % 8 * 8) & 0xFF
            position += 1
            return byte
        }
    }
}
