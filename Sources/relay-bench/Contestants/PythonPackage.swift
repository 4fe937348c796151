/// Packages that are installed in a Python environment.
enum PythonPackage {
    /// The version of a distribution.
    ///
    /// - Parameters:
    ///   - name: the name on PyPI.
    ///   - python: the environment's interpreter.
    /// - Returns: the version; nil if it is not installed.
    static func version(of name: String, python: String) -> String? {
        let program = "import importlib.metadata as m; print(m.version('\(name)'))"
        return CommandOutput.of(python, ["-I", "-c", program]).flatMap(CommandOutput.version)
    }
}
