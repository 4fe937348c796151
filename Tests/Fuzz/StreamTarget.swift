import ChatFormats
import Wire

extension FuzzTarget {
    /// Streams of models in a vendor's protocol: the same entries for every cut of the bytes, calls
    /// that are JSON, and a log that each dialect can write.
    static let stream = FuzzTarget(name: "stream") { input in
        let mode = input.byte()
        let place = input.number(below: 1 << 16)
        let bytes = input.rest()
        let provider = mode & 1 == 1 ? Provider.anthropic : .openAI
        let most = mode & 2 == 2 ? 64 : StreamDecoder.defaultMaxAnswerBytes
        let ends = mode & 4 == 4
        let whole = read(provider, pieces: [bytes[...]], maxAnswerBytes: most, ends: ends)
        Cuts.each(of: bytes, at: place) { pieces in
            let cut = read(
                provider,
                pieces: pieces.map { $0[...] },
                maxAnswerBytes: most,
                ends: ends
            )
            promise(cut == whole, "another reading where the bytes are cut: \(cut), \(whole)")
        }
        for line in whole.entries {
            let isJSON = ["toolCall:", "members:", "usage:", "finish:"].contains(
                where: line.hasPrefix
            )
            guard isJSON, let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let payload = Array(line.utf8[colon...].dropFirst())
            promise((try? JSON.parse(payload.span)) != nil, "an entry that is no JSON: \(line)")
        }
        promise(whole.error != nil || !whole.isDone || whole.finishReason != "", "\(whole)")
        return whole.entries.count + whole.dataEventCount
    }
}
