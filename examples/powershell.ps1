# Uses secrets of the keyring from PowerShell: Windows PowerShell 5.1 and PowerShell 7.
#
#   keyring set my_app alice
#   powershell -File powershell.ps1
#
# Install keyring with the line that `keyring setup --run cmd` prints.

param([string] $Service = 'my_app')

$ErrorActionPreference = 'Stop'

# Otherwise Windows PowerShell pipes text as ASCII, with ? for every other letter.
$OutputEncoding = [System.Text.UTF8Encoding]::new($false)

# For one program, the shortest way: nothing is left in this session.
keyring run --env "TOKEN=$Service/alice" -- cmd /c 'if defined TOKEN echo The program has its token'
if ($LASTEXITCODE -ne 0) { throw "keyring run ended with $LASTEXITCODE" }

# For every program that this session starts. PowerShell reads output in the code page of the
# console; the JSON is plain ASCII.
$env:TOKEN = (keyring get --output json $Service alice | ConvertFrom-Json).password
if ($LASTEXITCODE -ne 0) { throw "there is no token: keyring set $Service alice" }
try {
    Write-Output "The token has $($env:TOKEN.Length) characters"
} finally {
    Remove-Item Env:TOKEN
}

# To store what a script created, use a pipe. PowerShell adds the newline that set strips.
[Guid]::NewGuid().ToString() | keyring set $Service rotated
if ($LASTEXITCODE -ne 0) { throw 'the new token was not stored' }
