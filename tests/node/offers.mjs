// Serves market.offers.v1 from memory: a backend that knows nothing of the edge, nor of Python.
//
//     node offers.mjs IMAGE
//
// Says its port in a line, then the name of each method as it is called. A map is a list of entries
// here: so protobufjs sees it in descriptors, and so it is on the wire.

import { readFileSync } from 'node:fs'
import grpc from '@grpc/grpc-js'
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader'
import protobuf from 'protobufjs'
import descriptor from 'protobufjs/ext/descriptor/index.js'

const image = readFileSync(process.argv[2])
const options = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true }
const loaded = loadFileDescriptorSetFromBuffer(image, options)
const service = loaded['market.offers.v1.OfferService']
const types = protobuf.Root.fromDescriptor(descriptor.FileDescriptorSet.decode(image))

const made = { seconds: '1700000000', nanos: 500000000 }
const offers = new Map()
for (const [product, merchant, micros] of [
  ['products/lamp', 'Ada', '9007199254740993'], ['products/lamp', 'Bo', '20000000'],
  ['products/desk', 'Ada', '30000000']
]) {
  const name = `${product}/offers/${merchant.toLowerCase()}`
  offers.set(name, {
    name, product, merchant, micros, condition: 'CONDITION_NEW', create_time: made,
    notes: [{ key: 'en', value: 'fine' }]
  })
}

function failure (code, message, reason, metadata) {
  const info = types.lookupType('google.rpc.ErrorInfo')
  const value = info.encode({ reason, domain: 'market.example.com', metadata }).finish()
  const status = types.lookupType('google.rpc.Status').encode({
    code, message, details: [{ type_url: 'type.googleapis.com/google.rpc.ErrorInfo', value }]
  }).finish()
  const trailers = new grpc.Metadata()
  trailers.set('grpc-status-details-bin', Buffer.from(status))
  return Object.assign(new Error(message), { code, details: message, metadata: trailers })
}

function found (name) {
  const offer = offers.get(name)
  if (offer) return offer
  throw failure(grpc.status.NOT_FOUND, `${name} does not exist`, 'OFFER_NOT_FOUND', [{ key: 'offer', value: name }])
}

const of = product => [...offers.values()].filter(offer => offer.product === product)

const methods = {
  GetOffer: ({ name }) => found(name),
  ListOffers ({ parent, page_size: size, page_token: token }) {
    const [start, all] = [Number(token || 0), of(parent)]
    const end = start + (size || 50)
    return { offers: all.slice(start, end), next_page_token: end < all.length ? String(end) : '' }
  },
  BatchListOffers: ({ products, page_size: size }) => ({
    entries: products.map(product => ({ product, offers: of(product).slice(0, size || 50) }))
  }),
  CreateOffer ({ parent, offer, offer_id: id }) {
    const name = `${parent}/offers/${id || 'new'}`
    const created = { ...offer, name, product: parent, create_time: made }
    offers.set(name, created)
    return created
  },
  UpdateOffer ({ offer, update_mask: mask }) {
    const changed = { ...found(offer.name) }
    for (const path of mask.paths) changed[path] = offer[path]
    offers.set(changed.name, changed)
    return changed
  }
}

function unary (name) {
  return ({ request }, callback) => {
    console.log(name)
    try {
      callback(null, methods[name](request))
    } catch (error) {
      callback(error)
    }
  }
}

const server = new grpc.Server()
server.addService(service, {
  ...Object.fromEntries(Object.keys(methods).map(name => [name, unary(name)])),
  WatchOffers (call) {
    for (const offer of of(call.request.parent)) call.write(offer)
    call.emit('error', failure(grpc.status.ABORTED, 'the market closes', 'MARKET_CLOSED', []))
  }
})
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error
  console.log(port)
})
