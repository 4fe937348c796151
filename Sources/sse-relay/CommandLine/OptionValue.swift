extension ArraySlice<String> {
    /// The value of an option, after its sign or as the next word; nil if the word is another.
    mutating func value(
        of option: String,
        _ word: String
    ) throws(ArgumentError) -> String? {
        if word.hasPrefix("\(option)=") { return String(word.dropFirst(option.count + 1)) }
        guard word == option else { return nil }
        guard let value = popFirst() else { throw .missingValue(option) }
        return value
    }
}
