import Wire

extension FuzzTarget {
    /// JSON: what is read and written again reads the same, the reader that builds no tree agrees,
    /// and any bytes can be written as a string.
    static let json = FuzzTarget(name: "json") { input in
        let limits = input.byte() & 1 == 1 ? JSONLimits.stranger : JSONLimits()
        let bytes = input.rest()
        var sum = 0
        let isSkipped = skips(bytes)
        if let tree = try? JSON.parse(bytes.span, limits: limits) {
            promise(isSkipped, "a tree of what the reader refuses")
            var written: [UInt8] = []
            tree.write(into: &written)
            let again = try? JSON.parse(written.span, limits: limits)
            promise(again == tree, "read \(tree), then \(String(describing: again))")
            var twice: [UInt8] = []
            again?.write(into: &twice)
            promise(twice == written, "written twice, and not the same")
            sum += written.count
        }
        var quoted: [UInt8] = []
        JSONText.appendString(bytes.span, into: &quoted)
        let read = try? JSON.parse(quoted.span)
        promise(read != nil, "a string that cannot be read: \(quoted)")
        if let text = String(validating: bytes, as: UTF8.self) {
            promise(read == .string(text), "a string that reads as \(String(describing: read))")
        }
        return sum + quoted.count
    }

    /// Whether the reader takes the whole text for one value.
    private static func skips(_ bytes: [UInt8]) -> Bool {
        var reader = JSONReader()
        do throws(JSONError) {
            _ = try reader.peek(bytes.span)
            try reader.skip(bytes.span)
            try reader.finish(bytes.span)
            return true
        } catch {
            promise(error.offset <= bytes.count, "an error beyond the text: \(error)")
            return false
        }
    }
}
