/// Runs worlds from seeds.
@main
struct Main {
    static func main() {}
}
