//! Makes and verifies signatures over tags, records and files: ssh in process, gpg and ssh-keygen as programs.
