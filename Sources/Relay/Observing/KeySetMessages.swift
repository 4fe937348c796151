import Access

/// What happens to a key set that is fetched, as lines of the log.
extension Log {
    func write(_ report: KeySetReport) {
        switch report {
        case .changed(let keys, let leftOut, let reason):
            let rest = reason.map { "; left out: \(leftOut), the first one because \($0)" } ?? ""
            write(.info, "the key set for tokens is fetched: \(keys) keys\(rest)")
        case .failed(.unusable(let error), let count, let hasOlder):
            write(
                .error,
                "key set unusable, \(count) times in a row: \(error); \(Self.what(hasOlder))"
            )
        case .failed(let failure, let count, let hasOlder):
            write(
                .error,
                "key set unreachable, \(count) times in a row: \(failure); \(Self.what(hasOlder))"
            )
        case .resumed(let failures):
            write(.info, "the key set for tokens is fetched again, after \(failures) failures")
        case .tooOld:
            write(
                .error,
                "key set too old: tokens are not checked with it any more, and have to wait"
            )
        }
    }

    private static func what(_ hasOlder: Bool) -> String {
        hasOlder
            ? "the keys that were fetched before go on to count"
            : "tokens get 503 until it is there"
    }
}
