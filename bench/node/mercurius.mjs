// The GraphQL edge that people would write in Node: Fastify, Mercurius with its JIT on, and loaders
// by hand over @grpc/grpc-js.
//
//     node mercurius.mjs PORT IMAGE CATALOG REVIEWS

import { readFileSync } from 'node:fs'
import grpc from '@grpc/grpc-js'
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader'
import Fastify from 'fastify'
import mercurius from 'mercurius'

const [port, image, catalogAddress, reviewsAddress] = process.argv.slice(2)
const options = { longs: String, enums: String, defaults: true, oneofs: true }
const loaded = loadFileDescriptorSetFromBuffer(readFileSync(image), options)
const { shop } = grpc.loadPackageDefinition(loaded)
const plain = grpc.credentials.createInsecure()
const catalog = new shop.catalog.v1.CatalogService(catalogAddress, plain)
const reviews = new shop.reviews.v1.ReviewsService(reviewsAddress, plain)

const schema = `
  type Review { author: String! rating: Int! title: String! }
  type Reviews { nodes: [Review!]! }
  type Product {
    name: String! title: String! brand: String! description: String!
    reviews(first: Int): Reviews
  }
  type Products { nodes: [Product!]! }
  type Query {
    product(name: String!): Product
    products(first: Int, filter: String, after: String): Products
  }
`

function call (client, method, request) {
  return new Promise((resolve, reject) => {
    client[method](request, { deadline: Date.now() + 2000 }, (error, answer) =>
      error ? reject(error) : resolve(answer))
  })
}

const resolvers = {
  Query: {
    product: (_, { name }) => call(catalog, 'GetProduct', { name }),
    products: async (_, { first, filter, after }) => {
      const request = { pageSize: first, filter, pageToken: after }
      return { nodes: (await call(catalog, 'ListProducts', request)).products }
    }
  }
}

const loaders = {
  Product: {
    reviews: {
      async loader (queries) {
        const products = queries.map(({ obj }) => obj.name)
        const pageSize = queries[0].params.first
        const answer = await call(reviews, 'BatchListReviews', { products, pageSize })
        const found = new Map(answer.entries.map(entry => [entry.product, entry.reviews]))
        return products.map(name => ({ nodes: found.get(name) ?? [] }))
      },
      opts: { cache: false }
    }
  }
}

const app = Fastify()
app.register(mercurius, { schema, resolvers, loaders, jit: 1 })
await app.listen({ port: Number(port), host: '127.0.0.1' })
