// The Go grpc-gateway as people set it up: the generated handlers, default values written.
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"gateway/catalog"

	"github.com/grpc-ecosystem/grpc-gateway/runtime"
	"google.golang.org/grpc"
)

func main() {
	marshaler := &runtime.JSONPb{EmitDefaults: true}
	mux := runtime.NewServeMux(runtime.WithMarshalerOption(runtime.MIMEWildcard, marshaler))
	err := catalog.RegisterCatalogServiceHandlerFromEndpoint(
		context.Background(), mux, os.Args[2], []grpc.DialOption{grpc.WithInsecure()})
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], mux))
}
