/// A conversation's deletion, which somebody asked for.
struct Deletion {
    let conversation: String
    /// The answers that were there when it was asked for.
    let answers: [String]
}
