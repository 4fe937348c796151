extension ToldEnding {
    /// Whether both may be said of one answer, in whatever dialects.
    func agrees(with other: ToldEnding) -> Bool {
        switch (self, other) {
        case (.cut, _), (_, .cut): true
        case (.finished(let first), .finished(let second)): first == second
        case (.finished, .finishedSomehow), (.finishedSomehow, .finished): true
        case (.finishedSomehow, .finishedSomehow): true
        case (.failed(let first, _), .failed(let second, _)):
            first == nil || second == nil || first == second
        case (.failed, _), (_, .failed): false
        }
    }
}
