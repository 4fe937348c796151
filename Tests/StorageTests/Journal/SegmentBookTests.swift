import Testing

@testable import Storage

/// A segment goes when the last generation that needs it has gone, and not before.
@Suite struct SegmentBookTests {
    @Test func `the segment being written stays, wanted or not`() {
        var book = SegmentBook(first: 7)
        #expect(book.takeUnwanted() == [])
        #expect(book.current == 7)
    }

    @Test func `a generation keeps all segments from its first to its last`() {
        var book = SegmentBook(first: 1)
        var long = JournalPlace(number: 1)
        book.hold(&long)
        book.open()
        book.open()
        book.hold(&long)
        book.open()
        #expect(long.segments == 1...3)
        #expect(book.takeUnwanted() == [])
        book.release(&long)
        #expect(book.takeUnwanted() == [1, 2, 3])
        #expect(book.current == 4)
    }

    @Test func `holding twice in one segment counts once`() {
        var book = SegmentBook(first: 1)
        var place = JournalPlace(number: 1)
        for _ in 0..<5 { book.hold(&place) }
        book.open()
        book.release(&place)
        book.release(&place)
        #expect(book.takeUnwanted() == [1])
    }

    @Test func `what nobody wants goes although an older one stays`() {
        var book = SegmentBook(first: 1)
        var first = JournalPlace(number: 1)
        var second = JournalPlace(number: 2)
        var third = JournalPlace(number: 3)
        book.hold(&first)
        book.open()
        book.hold(&second)
        book.open()
        book.hold(&third)
        book.open()
        book.release(&second)
        #expect(book.takeUnwanted() == [2])
        #expect(book.takeUnwanted() == [])
        // Its own are kept from here on, beside the gap.
        book.hold(&first)
        book.release(&third)
        #expect(book.takeUnwanted() == [])
        book.open()
        book.release(&first)
        #expect(book.takeUnwanted() == [1, 3, 4])
        #expect(book.current == 5)
    }

    @Test func `an end is told again where the segment that tells it goes, and no sooner`() {
        var book = SegmentBook(first: 1)
        var long = JournalPlace(number: 1)
        var short = JournalPlace(number: 2)
        book.hold(&long)
        book.hold(&short)
        book.open()
        book.release(&short)
        #expect(book.retiring == [2])
        book.retired()
        book.open()
        #expect(!book.isRetiring)
        // The beginning of the short one stays in the first segment, and its end was in the second.
        #expect(book.takeUnwanted() == [2])
        #expect(book.retiring == [2])
        book.retired()
        #expect(!book.isRetiring)
        book.tellAgain()
        #expect(book.retiring == [2])
        book.release(&long)
        #expect(book.takeUnwanted() == [1])
        #expect(!book.isRetiring, "nothing is left of either")
    }

    @Test(arguments: [200, 400])
    func `what is told beside one long answer grows with those that end`(ends: Int) {
        var book = SegmentBook(first: 1)
        var long = JournalPlace(number: 1)
        var told = 0
        for number in 0..<ends {
            book.hold(&long)
            var short = JournalPlace(number: UInt64(2 + number))
            book.hold(&short)
            book.release(&short)
            #expect(book.takeUnwanted() == [])
            told += book.retiring.count
            book.retired()
            book.open()
        }
        #expect(told == ends)
    }
}
