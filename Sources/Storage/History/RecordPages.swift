/// Gives records one after the other, in pages or to the end of a file.
struct RecordPages {
    var lookup: RecordLookup

    /// The newest records; see `HistoryCatalog.records`.
    mutating func page(
        _ filter: HistoryFilter,
        before: String?,
        limit: Int,
        maxBytes: Int
    ) throws(HistoryQueryError) -> HistoryPage {
        var end = lookup.index.count
        if let before {
            end = try lookup.find(before)
            // Whether another owner has such a record is not told.
            guard filter.owner.includes(lookup.head.owner) else { throw .unknownBefore }
        }
        var page = HistoryPage()
        var bytes = 0
        var last: [UInt8] = []
        try forEach(filter, before: end) { line, head in
            guard page.lines.count < limit, bytes < maxBytes else {
                page.next = String(decoding: last, as: UTF8.self)
                return false
            }
            bytes += line.count
            last = head.id
            page.lines.append(line)
            return true
        }
        return page
    }

    /// Shows records and their heads, the newest first, as long as `visit` answers true.
    ///
    /// - Parameters:
    ///   - filter: which records.
    ///   - end: only those with a number before this one; nil for all.
    ///   - visit: takes them.
    /// - Throws: where the files cannot be read.
    mutating func forEach(
        _ filter: HistoryFilter,
        before end: Int? = nil,
        _ visit: ([UInt8], RecordHead) -> Bool
    ) throws(HistoryQueryError) {
        var candidate = lookup.newest(filter, before: end ?? lookup.index.count)
        while let number = candidate {
            candidate = lookup.next(filter, after: number)
            guard let line = try lookup.line(number, filter) else { continue }
            guard visit(line, lookup.head) else { return }
        }
    }

    /// Lines of an export, the oldest first; see `HistoryCatalog.export`.
    mutating func lines(
        _ filter: HistoryFilter,
        from cursor: HistoryCursor,
        maxBytes: Int
    ) throws(HistoryQueryError) -> (lines: [UInt8], next: HistoryCursor?) {
        var cursor = cursor
        var lines: [UInt8] = []
        let mayBeMeant = lookup.quickTest(filter)
        while cursor.number < lookup.index.count {
            guard lines.count < maxBytes else { return (lines, cursor) }
            let number = cursor.number
            cursor.number += 1
            guard mayBeMeant(lookup.index[number]), let line = try lookup.line(number, filter)
            else { continue }
            lines.append(contentsOf: line)
            lines.append(newline)
        }
        return (lines, nil)
    }
}
