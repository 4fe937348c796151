import Generations
import Wire

/// The file that names several upstreams: `{"upstreams": [ … ]}`.
struct UpstreamsFile: Sendable, Equatable {
    /// Where it is.
    let path: String
    let text: String

    /// Reads its upstreams, the default first.
    ///
    /// - Parameter environment: has the variables that hold the keys.
    /// - Returns: at least one.
    /// - Throws: what is wrong with it, and where.
    func upstreams(
        _ environment: Environment
    ) throws(ConfigurationError) -> [RelayConfiguration.Upstream] {
        let file = try FileObject(try json(), at: path, known: ["upstreams"])
        guard let values = file["upstreams"]?.arrayValue, !values.isEmpty else {
            throw file.error("upstreams", "expected an array of at least one upstream")
        }
        var upstreams: [RelayConfiguration.Upstream] = []
        for (index, value) in values.enumerated() {
            let place = "\(path): upstreams[\(index)]"
            let upstream = try UpstreamReader(value, at: place).upstream(environment)
            guard !upstreams.contains(where: { $0.name == upstream.name }) else {
                throw ConfigurationError("\(place).name", "another upstream has this name")
            }
            upstreams.append(upstream)
        }
        try checkFallbacks(upstreams)
        return upstreams
    }

    private func json() throws(ConfigurationError) -> JSON {
        // Editors of another system begin a file with a byte order mark.
        var bytes = Array(text.utf8)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        do throws(JSONError) {
            return try JSON.parse(bytes.span)
        } catch {
            let before = bytes.prefix(error.offset)
            let line = 1 + before.count { $0 == UInt8(ascii: "\n") }
            throw ConfigurationError("\(path) line \(line)", "no JSON: \(error)")
        }
    }

    private func checkFallbacks(
        _ upstreams: [RelayConfiguration.Upstream]
    ) throws(ConfigurationError) {
        let names = Set(upstreams.map(\.name))
        for (index, upstream) in upstreams.enumerated() {
            let serves = upstream.serves
            let all = serves.fallbacks + serves.modelFallbacks.values.flatMap { $0 }
            guard let wrong = all.first(where: { !names.contains($0.upstream) }) else { continue }
            throw ConfigurationError(
                "\(path): upstreams[\(index)].fallback",
                "no upstream is named \(ConfigurationError.shown(wrong.upstream))"
            )
        }
    }
}
