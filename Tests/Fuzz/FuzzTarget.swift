import Glibc

/// One reader or writer of strangers' bytes, and what it promises.
struct FuzzTarget: Sendable {
    /// Its name for `scripts/fuzz`, and that of its folder in `corpus`.
    let name: String
    /// Takes an input, and stops the process where a promise is broken.
    ///
    /// What it returns is a sum of what was found: the optimizer removes a pure reader whose
    /// result nobody uses, and the fuzzer would then run nothing.
    let run: @Sendable (inout FuzzInput) -> Int

    static let all = [
        request, body, events, json, token, stream, writer, chat, journal,
    ]

    /// The one that `RELAY_FUZZ_TARGET` names.
    static let chosen: FuzzTarget = {
        let name = getenv("RELAY_FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = all.first(where: { $0.name == name }) else {
            let names = all.map(\.name).joined(separator: " ")
            fatalError("RELAY_FUZZ_TARGET is \"\(name)\"; expected one of: \(names)")
        }
        return target
    }()
}

/// Called by libFuzzer with each input.
@c(LLVMFuzzerTestOneInput)
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var input = FuzzInput(Array(UnsafeBufferPointer(start: start, count: count)))
    use(FuzzTarget.chosen.run(&input))
    return 0
}

/// Keeps a result.
@inline(never)
private func use(_ sum: Int) {
    kept = kept &+ sum
}

/// All sums so far; libFuzzer calls from one thread.
nonisolated(unsafe) private var kept = 0

/// Stops the process, and libFuzzer keeps the input, unless the promise holds.
func promise(_ holds: Bool, _ what: @autoclosure () -> String) {
    guard !holds else { return }
    fatalError("broken promise: \(what())")
}
