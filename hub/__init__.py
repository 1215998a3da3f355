"""The running program: store, jobs, delivery, API, command line, reports, wiring."""
