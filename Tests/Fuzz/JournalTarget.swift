import Glibc
import Wire

@testable import Storage

extension FuzzTarget {
    /// A journal's recovery: whatever is done to a segment, each frame that is left whole is read,
    /// with all its items and in its order, and any other bytes are survived.
    static let journal = FuzzTarget(name: "journal") { input in
        guard input.byte() & 1 == 0 else {
            // Any bytes are a segment; every other one has a header.
            let header = input.byte() & 1 == 0 ? JournalScript.header : []
            let segment = header + input.rest()
            let found = Recovery.items(of: segment)
            // A start that is killed is followed by another one.
            promise(Recovery.items(of: segment) == found, "another recovery finds something else")
            return found.count
        }
        var script = JournalScript(&input)
        script.damage(&input)
        let found = Recovery.items(of: script.segment)
        var next = found.startIndex
        for items in script.wholeFrames {
            guard let place = found[next...].firstRange(of: items) else {
                fatalError("broken promise: \(items) are lost; found \(found)")
            }
            next = place.upperBound
        }
        return found.count
    }
}

/// Reads a segment as a start after a crash does.
private enum Recovery {
    /// The one segment of a folder that nothing else is in.
    private static let folder: String = {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/fuzz-XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { fatalError("no folder, errno \(errno)") }
        let name = String(cString: path)
        atexit { Recovery.remove() }
        return name
    }()
    private static var path: String { "\(folder)/0-00000001.journal" }

    private static func remove() {
        unlink(path)
        rmdir(folder)
    }

    /// What is found in a segment, item by item.
    static func items(of segment: [UInt8]) -> [String] {
        guard let file = fopen(path, "w") else { fatalError("no segment, errno \(errno)") }
        fwrite(segment, 1, segment.count, file)
        fclose(file)
        var items: [String] = []
        do throws(StorageError) {
            try JournalFolder(path: folder).read(report: { _ in }) { found, bytes in
                items.append(text(found.item, bytes))
            }
        } catch {
            fatalError("broken promise: a damaged segment stops the start: \(error)")
        }
        return items
    }

    private static func text(_ item: JournalItem, _ bytes: Span<UInt8>) -> String {
        func sum(_ range: Range<Int>) -> String {
            var sum = 0
            for place in range { sum = sum &* 31 &+ Int(bytes[place]) }
            return "\(range.count) \(sum)"
        }
        return switch item {
        case .begin(let number, let head): "begin \(number) \(sum(head))"
        case .entry(let number, let sequence, let kind, let payload):
            "entry \(number).\(sequence) \(kind) \(sum(payload))"
        case .retire(let number): "retire \(number)"
        }
    }
}

/// A segment that an input describes, with what is in it, and then with damage.
private struct JournalScript {
    static let header = Array("sserelay".utf8) + [7, 0, 0, 0, 0, 0, 0, 0]

    private(set) var segment = header
    /// The frames: where each is, and its items.
    private var frames: [(range: Range<Int>, items: [String])] = []

    /// The items of the frames that no damage has met.
    var wholeFrames: [[String]] { frames.map(\.items) }

    init(_ input: inout FuzzInput) {
        for _ in 0...Int(input.byte() & 7) {
            var frame = JournalFrame()
            var items: [String] = []
            for _ in 0...Int(input.byte() & 3) { items.append(Self.add(&input, to: &frame)) }
            frame.seal(milliseconds: 1_800_000_000_000 + input.number(below: 1 << 16))
            let start = segment.count
            segment += Array(frame.bytes)
            frames.append((start..<segment.count, items))
        }
    }

    private static func add(_ input: inout FuzzInput, to frame: inout JournalFrame) -> String {
        let kind = input.byte()
        let number = UInt64(1 + kind >> 2)
        // Without zeros none of it looks like a frame: the search for the next frame gives up
        // where too much does.
        let payload = input.bytes(Int(input.byte())).map { max(1, $0) }
        var sum = 0
        for byte in payload { sum = sum &* 31 &+ Int(byte) }
        switch kind & 3 {
        case 0:
            frame.begin(number: number, head: payload.span)
            return "begin \(number) \(payload.count) \(sum)"
        case 1:
            frame.retire(number: number)
            return "retire \(number)"
        default:
            let sequence = input.number(below: 1 << 16)
            frame.entry(number: number, sequence: sequence, kind: kind, payload: payload.span)
            return "entry \(number).\(sequence) \(kind) \(payload.count) \(sum)"
        }
    }

    /// Changes, cuts out or puts in bytes at up to eight places, and notes which frames that meets.
    mutating func damage(_ input: inout FuzzInput) {
        for _ in 0..<Int(input.byte() & 7) where !segment.isEmpty {
            let kind = input.byte()
            let place = input.number(below: segment.count)
            switch kind & 3 {
            case 0:
                segment[place] ^= 1 << (kind >> 5)
                replaced(place..<place + 1, by: 1)
            // A header that has lost a byte hides where the first frame begins, which no disk does.
            case 1 where place >= Self.header.count:
                let end = min(segment.count, place + 1 + Int(input.byte()))
                segment.removeSubrange(place..<end)
                replaced(place..<end, by: 0)
            case 2 where place >= Self.header.count:
                let noise = input.bytes(Int(input.byte()))
                segment.insert(contentsOf: noise, at: place)
                replaced(place..<place, by: noise.count)
            case 3:
                segment.removeSubrange(place...)
                replaced(place..<Int.max, by: 0)
            default: break
            }
        }
    }

    private mutating func replaced(_ range: Range<Int>, by count: Int) {
        frames.removeAll { frame in
            let isMet = frame.range.overlaps(range)
            return isMet
                || range.isEmpty && frame.range.contains(range.lowerBound)
                    && frame.range.lowerBound < range.lowerBound
        }
        for place in frames.indices where frames[place].range.lowerBound >= range.upperBound {
            let shift = count - range.count
            let old = frames[place].range
            frames[place].range = old.lowerBound + shift..<old.upperBound + shift
        }
    }
}
