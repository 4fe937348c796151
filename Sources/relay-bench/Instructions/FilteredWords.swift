/// A list of a hundred words, such as an operator might take out of answers.
enum FilteredWords {
    /// How much dearer than without it a token may be.
    static let room = 1.2

    static let words = """
        idiot moron stupid dumb jerk creep loser scum trash filthy nasty gross vile wicked
        hateful racist sexist bigot slur curse damn darn heck hell crap bloody bugger wanker
        tosser prat twit weapon bomb explosive grenade pistol rifle ammunition poison toxin
        venom cocaine heroin opium narcotic murder kill stab strangle torture kidnap hostage
        ransom blackmail extort bribe fraud forgery scam phishing malware ransomware keylogger
        botnet exploit password passphrase credential token secret confidential classified
        internal proprietary unreleased codename falcon kestrel osprey condor raven heron
        magpie sparrow acme globex initech umbrella hooli vandelay wonka stark wayne oscorp
        cyberdyne tyrell soylent monarch gringotts gambling
        """.split { $0 == " " || $0 == "\n" }

    /// Writes the list as a file of filters.
    ///
    /// - Returns: its path.
    static func write() throws -> String {
        let quoted = words.map { "\"\($0)\"" }.joined(separator: ",")
        let path = "\(try Leftovers.shared.makeFolder())/filters.json"
        try TextFile.write(Array("[{\"words\":[\(quoted)],\"replace\":\"[...]\"}]".utf8), to: path)
        return path
    }

    /// Why the figures are too far apart; nil where they are not.
    static func objection(to counted: [InstructionFigure]) -> String? {
        func value(_ name: InstructionCases.Name) -> Double? {
            counted.first { $0.name == name.rawValue }?.value
        }
        guard let filtered = value(.filteredToken), let paced = value(.pacedToken),
            filtered > paced * room
        else { return nil }
        let percent = Format.fixed((filtered / paced - 1) * 100, 1)
        return "a filter of a hundred words adds \(percent) % to a token, more than 20 %"
    }
}
