/// Every variable there is.
enum VariableTable {
    static let groups = [
        ModelSettings.group, ListeningSettings.group, ProxySettings.group, AccessSettings.group,
        RateSettings.group, QueueSettings.group,
        StorageSettings.group, StreamSettings.group, LimitSettings.group,
        LimitSettings.connectionGroup,
        CallSettings.group, FilterSettings.group, ProcessSettings.group,
    ]

    static let all = groups.flatMap(\.variables)
}
