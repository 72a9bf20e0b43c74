extension PageText {
    /// A bird on its perch.
    static let icon = #"""
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
        <rect width="32" height="32" rx="8" fill="#c2410c"/>
        <path d="M8 17c0-5 3.6-8.5 8.2-8.5 1.5-1.7 4.4-1.9 6 0L25 10l-2.6 1.4c.4 5.6-2.6 9.6-7.6 9.6H9.500l-4 2.500z" fill="#fff7ed"/>
        <circle cx="19.800" cy="11" r="1.100" fill="#7c2d12"/>
        <path d="M5 25h22" stroke="#fed7aa" stroke-width="2.200" stroke-linecap="round"/>
        <path d="M14 21v4M17.500 20.500V25" stroke="#fed7aa" stroke-width="1.500"/>
        </svg>

        """#
}
