import CCurl
import Glibc
import Testing

@testable import Upstream

@Suite("The memory for libcurl", .serialized)
struct CurlMemoryTests {
    init() {
        #expect(UpstreamClient.initialised)
    }

    /// The sizes that libcurl asks for, and the smallest and largest that a cell is used for.
    static let cellSizes = [5360, 1496, 16_385, 4097, 5376, 1281, 1536]

    @Test("each size that a transfer needs has a cell, which holds it whole", arguments: cellSizes)
    func holds(_ bytes: Int) throws {
        let kind = try #require(CellKind(holding: bytes))
        #expect(kind.bytes >= bytes)
        #expect(kind.offset % 16 == 0)
        let cell = try #require(Self.take(bytes))
        defer { CurlMemory.release(cell) }
        memset(cell, 0xA5, bytes)
        #expect(cell.load(fromByteOffset: bytes - 1, as: UInt8.self) == 0xA5)
    }

    @Test("cells of a slot follow one another within it")
    func slotLayout() {
        var end = 0
        for kind in CellKind.allCases {
            #expect(kind.offset >= end)
            end = kind.offset + kind.bytes
        }
        #expect(end <= CurlMemory.slotBytes)
        // Reading a few tokens stays within the pages that are always touched.
        #expect(CurlMemory.touchedBytes - CellKind.buffer.offset >= 1024)
    }

    @Test("freed cells are used again, and read as zeros if zeros were asked for")
    func reuse() throws {
        let first = try #require(Self.take(5360))
        memset(first, 0xFF, 5360)
        CurlMemory.release(first)
        let second = try #require(CurlMemory.allocateZeroed(1, 5360))
        defer { CurlMemory.release(second) }
        #expect(second == first)
        #expect((0..<5360).allSatisfy { second.load(fromByteOffset: $0, as: UInt8.self) == 0 })
    }

    @Test("no two live cells overlap, whatever is freed in between")
    func disjoint() throws {
        var generator = SystemRandomNumberGenerator()
        var live: [(start: UnsafeMutableRawPointer, bytes: Int, mark: UInt8)] = []
        for turn in 0..<4000 {
            if live.count > 200 || (!live.isEmpty && Bool.random(using: &generator)) {
                let gone = live.remove(at: Int.random(in: 0..<live.count, using: &generator))
                for place in [0, gone.bytes / 2, gone.bytes - 1] {
                    #expect(gone.start.load(fromByteOffset: place, as: UInt8.self) == gone.mark)
                }
                CurlMemory.release(gone.start)
            }
            let bytes = [5360, 1496, 16_385, 700].randomElement(using: &generator) ?? 700
            let start = try #require(Self.take(bytes))
            let mark = UInt8(truncatingIfNeeded: turn)
            memset(start, Int32(mark), bytes)
            live.append((start, bytes, mark))
        }
        for item in live { CurlMemory.release(item.start) }
    }

    @Test("a cell that grows keeps what it held")
    func growing() throws {
        let cell = try #require(Self.take(1496))
        memset(cell, 0x3C, 1496)
        let same = try #require(CurlMemory.resize(cell, 1500))
        #expect(same == cell)
        let larger = try #require(CurlMemory.resize(same, 9000))
        defer { CurlMemory.release(larger) }
        #expect(larger != cell)
        #expect((0..<1496).allSatisfy { larger.load(fromByteOffset: $0, as: UInt8.self) == 0x3C })
    }

    @Test("a size that overflows is refused, and other sizes are malloc's")
    func others() throws {
        #expect(CurlMemory.allocateZeroed(.max, 16) == nil)
        let small = try #require(CurlMemory.resize(nil, 10))
        let larger = try #require(CurlMemory.resize(small, 100_000))
        CurlMemory.release(larger)
        CurlMemory.release(nil)
    }

    @Test("pages that a fast answer has touched are given back, beyond a few warm slots")
    func tails() throws {
        // More than stay warm; only libcurl before 8.8 has the cells.
        let cells = try (0..<200).map { _ in try #require(CurlMemory.allocate(16_385)) }
        for cell in cells { memset(cell, 0x55, 16_385) }
        let touched = cells.count { Self.isTouched($0) }
        #expect(touched == cells.count)
        for cell in cells { CurlMemory.release(cell) }
        let kept = cells.count { Self.isTouched($0) }
        #expect(kept <= 64)
    }

    /// Allocates as libcurl does: with zeros for its structures, but not for its buffer.
    private static func take(_ bytes: Int) -> UnsafeMutableRawPointer? {
        bytes == 16_385 ? CurlMemory.allocate(bytes) : CurlMemory.allocateZeroed(1, bytes)
    }

    /// Whether a buffer's last whole page is in memory.
    private static func isTouched(_ cell: UnsafeMutableRawPointer) -> Bool {
        let page = UnsafeMutableRawPointer(bitPattern: (UInt(bitPattern: cell) + 12_000) & ~4095)
        var state: UInt8 = 0
        return mincore(page, 4096, &state) == 0 && state & 1 == 1
    }
}
