// Who has a configuration needs the words that it is written in.
@_exported public import Settings
