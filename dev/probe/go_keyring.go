// One call of go-keyring:
//
//	go_keyring set SERVICE USERNAME <password
//	go_keyring get SERVICE USERNAME
//	go_keyring remove SERVICE USERNAME
package main

import (
	"fmt"
	"io"
	"os"

	keyring "github.com/zalando/go-keyring"
)

func main() {
	action, service, username := os.Args[1], os.Args[2], os.Args[3]
	var err error
	switch action {
	case "set":
		var password []byte
		if password, err = io.ReadAll(os.Stdin); err == nil {
			err = keyring.Set(service, username, string(password))
		}
	case "get":
		var password string
		password, err = keyring.Get(service, username)
		fmt.Print(password)
	case "remove":
		err = keyring.Delete(service, username)
	}
	if err == keyring.ErrNotFound {
		os.Exit(3)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
