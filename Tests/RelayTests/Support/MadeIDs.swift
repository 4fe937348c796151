@testable import Generations
@testable import Relay

extension GenerationID {
    /// A new id, as a loop makes it.
    static func make(loop: Int) -> String {
        var random = RandomWords()
        return make(loop: loop, from: &random)
    }
}
